"""What several tasks do with the builds of a fleet."""

from __future__ import annotations

import json as jsons
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from beamwright import artifact, resources
from beamwright.artifact import Artifact
from beamwright.artifact.checks import Check
from beamwright.console import Screen, sizes, tables
from beamwright.errors import BuildError
from beamwright.fleet import Fleet
from beamwright.toolchain import here
from beamwright.toolchain.revision import revision

if TYPE_CHECKING:
    from beamwright.artifact import difference, proof, sidecar
    from beamwright.toolchain import Engine
else:
    # A build needs none of them.
    difference, proof, sidecar = map(
        resources.later, ("artifact.difference", "artifact.proof", "artifact.sidecar")
    )


def dist(declared: Fleet) -> Path:
    """Where the builds of a fleet are."""
    return declared.folder / "dist"


def artifacts(screen: Screen, declared: Fleet, cache: Path) -> tuple[Artifact, Artifact | None]:
    """What gets deployed: the newest build and the sidecar's, each signed or let through with a warning."""
    made = artifact.find(dist(declared), declared.project.name)
    made = artifact.image_of(made) if declared.deploy.artifact == "oci" else made
    beside = sidecar.find(cache, dist(declared)) if declared.sidecar.enabled else None
    for each in filter(None, (made, beside)):
        if artifact.demand(here.run, declared, each) is None:
            screen.warn(f"nobody has signed {each.name} {each.version}")
    return made, beside


def weigh(
    screen: Screen,
    report: artifact.Report,
    before: artifact.Report | None,
    json: bool,
    show: Callable[[Screen, artifact.Report], None],
) -> None:
    """A build with its sizes, and what grew and shrank since the one before."""
    compared = artifact.compare(before, report) if before else None
    if json:
        screen.json(jsons.loads(report.to_json()) | {"compared": compared.as_json() if compared else None})
        return
    show(screen, report)
    if compared:
        screen.say("")
        sizes.show_changes(screen, compared)


def prove_sidecar(declared: Fleet, cache: Path) -> Iterator[Check]:
    """The checks of RabbitMQ's artifact, which `deploy` ships beside the newest build."""
    yield from proof.prove_sidecar(here.run, declared, sidecar.find(cache, dist(declared)))


def prove(screen: Screen, declared: Fleet, engine: Engine, json: bool) -> None:
    """Says whether the source builds the newest artifact, byte for byte."""
    source, context = declared.project.source, declared.project.context
    report, found = artifact.rebuild(declared, engine, dist(declared), screen.note, revision(context))
    if json:
        screen.json({"same": not found, "differences": [each.as_json() for each in found]})
    else:
        tables.show_differences(screen, found)
    if found:
        raise BuildError(f"{report.folder} is not what {source} builds", hint=difference.reason(found))
    screen.line(True, f"{report.name} {report.version}, built again from cold, is the same bytes")
