"""provenance.json: from what an artifact was made, how, and by what.

An in-toto statement with SLSA's predicate (in-toto.io/Statement/v1, slsa.dev/spec/v1.0/provenance). It names
no host, no user and no path of the machine that built.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

from beamwright.artifact.moment import rfc3339
from beamwright.artifact.papers import TREE
from beamwright.artifact.report import Report
from beamwright.artifact.wanted import Wanted
from beamwright.fleet.model import Fleet
from beamwright.release.digest import of_file
from beamwright.release.locked import LOCKS
from beamwright.release.make import Made

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:beamwright:build:1"
SIDECAR_TYPE = "urn:beamwright:sidecar:1"
BUILDER = "urn:beamwright"

DIRTY = "-dirty"
"""As `git describe --dirty` marks a revision."""


@dataclass(frozen=True)
class Source:
    """A Debian package that a tree is made of: its package URL, and the sha256 of its .deb."""

    name: str
    purl: str
    archive: str


def write(
    fleet: Fleet, made: Made, wanted: Wanted, report: Report, sbom: str, started: datetime, finished: datetime
) -> str:
    """The statement as text; `sbom` is the sha256 of sbom.cdx.json, the times are those of the build."""
    return _statement(
        report,
        {
            "buildType": BUILD_TYPE,
            "externalParameters": _parameters(fleet, made, wanted),
            "internalParameters": {"toolchain": made.origin.image},
            "resolvedDependencies": list(_dependencies(fleet, made, wanted)),
        },
        sbom,
        (started, finished),
    )


def write_sidecar(
    report: Report, recipe: str, packages: Iterable[Source], sbom: str, started: datetime, finished: datetime
) -> str:
    """The statement about RabbitMQ's tree; `recipe` is the digest of images/rabbitmq, sha256 in hex."""
    archives = [{"uri": each.purl, **_named(each.name, each.archive)} for each in packages]
    return _statement(
        report,
        {
            "buildType": SIDECAR_TYPE,
            "externalParameters": {"project": report.name},
            "internalParameters": {},
            "resolvedDependencies": [_named("recipe", recipe), *archives],
        },
        sbom,
        (started, finished),
    )


def _statement(
    report: Report, definition: dict[str, Any], sbom: str, times: tuple[datetime, datetime]
) -> str:
    """The statement as text, about what the report lists."""
    started, finished = map(rfc3339, times)
    statement = {
        "_type": STATEMENT,
        "subject": list(_subjects(report)),
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": definition,
            "runDetails": {
                "builder": {"id": BUILDER, "version": {"beamwright": version("beamwright")}},
                "metadata": {
                    "invocationId": f"urn:uuid:{uuid.uuid4()}",
                    "startedOn": started,
                    "finishedOn": finished,
                },
                "byproducts": [{"name": "sbom.cdx.json", "digest": {"sha256": sbom}}],
            },
        },
    }
    return json.dumps(statement, indent=2) + "\n"


def _subjects(report: Report) -> Iterator[dict[str, Any]]:
    """The tree, each artifact's file, and each image by its kind: by the digest that registries know."""
    yield _named(TREE, report.digest)
    with ThreadPoolExecutor() as pool:
        digests = pool.map(of_file, (report.folder / shipped.path for shipped in report.artifacts))
    for shipped, digest in zip(report.artifacts, digests, strict=True):
        yield _named(shipped.path, digest)
        if shipped.kind != "tarball":
            yield _named(shipped.kind, shipped.digest.removeprefix("sha256:"))


def _named(name: str, sha256: str) -> dict[str, Any]:
    """A resource descriptor (in-toto attestation framework, v1)."""
    return {"name": name, "digest": {"sha256": sha256}}


def _parameters(fleet: Fleet, made: Made, wanted: Wanted) -> dict[str, Any]:
    """What the fleet file and the command line said; `otp` is the release of one from the builder's disk."""
    project, toolchain = fleet.project, fleet.toolchain
    return {
        "project": project.name,
        "tool": project.tool,
        "release": project.release,
        "profile": project.profile,
        "environment": fleet.environment,
        "toolchain": {
            "image": toolchain.image,
            "packages": list(toolchain.packages),
            "otp": made.otp.release if toolchain.otp else None,
        },
        "beside": {"shell": fleet.beside.shell, "include": list(fleet.beside.include)},
        "kinds": sorted(wanted.kinds),
        "sourceDateEpoch": wanted.epoch,
    }


def _dependencies(fleet: Fleet, made: Made, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """The source at its revision, the toolchain's image, the lock file or the prebuilt tarball."""
    if wanted.revision:
        commit, dirty = wanted.revision.removesuffix(DIRTY), wanted.revision.endswith(DIRTY)
        yield {"name": "source", "digest": {"gitCommit": commit}, "annotations": {"dirty": dirty}}
    algorithm, _, digest = made.origin.image_id.partition(":")
    yield {"name": "toolchain", "digest": {algorithm: digest}}
    source, tool = fleet.project.source, fleet.project.tool
    pinned = made.origin.mirror / LOCKS[tool] if tool in LOCKS else source
    if pinned.is_file():
        yield _named(pinned.name, of_file(pinned))
