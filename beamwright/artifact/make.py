"""source → release → tree → artifacts, in a workshop: what of a build comes from its source alone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from beamwright.artifact.manifest import Manifest, scan
from beamwright.artifact.moment import rfc3339
from beamwright.artifact.package import package
from beamwright.artifact.seal import Finished, describe
from beamwright.artifact.store import Store
from beamwright.artifact.wanted import Wanted
from beamwright.fleet.model import Fleet
from beamwright.release.clock import Clock
from beamwright.release.engine import Log
from beamwright.release.make import Made, make_tree
from beamwright.release.toolbox import Toolbox
from beamwright.release.workshop import Workshop


def make(
    fleet: Fleet,
    tools: Toolbox,
    workshop: Workshop,
    wanted: Wanted,
    clock: Clock,
    log: Log,
    likely: Collection[str] = (),
) -> Finished:
    """Everything of a build that comes from its source: the artifacts, in a folder in the workshop's scratch.

    What is written about them, their signature among it, is not there yet. `likely` are the digests of
    compressed layers that will most likely be in it, those of the last build, sha256 in hex.
    """
    store = Store(wanted.layers or workshop.scratch / "layers")
    # Meanwhile the compiler runs.
    store.foresee(likely)
    # The tree is proven beside all of this.
    with make_tree(fleet, tools, workshop, clock, log) as made:
        with clock.phase("package"):
            manifest = _manifest(fleet.project.name, made)
            folder = workshop.scratch / f"{manifest.name}-{manifest.version}"
            report = package(fleet, made, manifest, folder, wanted, store)
            store.prune()
        with clock.phase("describe"):
            sbom = describe(fleet, made, manifest, wanted.epoch)
    return Finished(fleet, wanted, made, manifest, report, clock.began, sbom)


def _manifest(name: str, made: Made) -> Manifest:
    return Manifest(
        name=name,
        version=made.release.version,
        arch=made.arch,
        erts=made.release.erts,
        otp=made.otp.release,
        created=rfc3339(datetime.now(UTC)),
        entries=scan(made.folder, made.digests),
    )
