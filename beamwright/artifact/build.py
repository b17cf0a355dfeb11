"""source → release → tree → artifacts: the whole road of `beamwright build`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from beamwright.artifact import budget, reports
from beamwright.artifact.manifest import Manifest, scan
from beamwright.artifact.package import Wanted, package
from beamwright.artifact.report import Report
from beamwright.artifact.seal import seal
from beamwright.artifact.signature import may_sign
from beamwright.artifact.store import Store
from beamwright.errors import BeamwrightError, BuildError, ConfigError
from beamwright.fleet.model import Fleet
from beamwright.release import compile
from beamwright.release.clock import Clock
from beamwright.release.make import Made, make_tree
from beamwright.release.workshop import Engine, Log, Workshop

KINDS = ("tarball", "oci", "docker")
EPOCH = 315_532_800
"""The time of every file where none is asked for: 1980, since tar complains about files of 1970."""

_FULL = 1_000_000
"""Bytes: a disk with less left is full."""


def build(
    fleet: Fleet,
    engine: Engine,
    dist: Path,
    kinds: Collection[str],
    log: Log,
    epoch: int = EPOCH,
    *,
    revision: str = "",
    layers: Path | None = None,
) -> Report:
    """Builds the fleet's project into `dist/<name>-<version>/`, which appears whole or not at all.

    `kinds` are among KINDS; `log` gets a line for each thing that a person may want to follow; `epoch` is
    the time of every file, in seconds (SOURCE_DATE_EPOCH); `revision` is the source's commit, where it is
    known. `layers` is a folder of compressed layers that outlives the build; without it all are made anew.
    ConfigError or BuildError, with a hint.
    """
    if unknown := set(kinds) - set(KINDS):
        raise ConfigError(
            f"no such kind of artifact: {', '.join(sorted(unknown))}", hint=f"one of {', '.join(KINDS)}"
        )
    compile.check(fleet.project)
    may_sign(fleet.signing)
    try:
        dist.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".build-", dir=dist) as name:
            scratch = Path(name)
            scratch.chmod(0o755)
            cache = fleet.folder / ".beamwright/cache" / fleet.project.name
            workshop = Workshop(fleet.project.source, cache, scratch)
            with workshop.alone(log), _told_when_full(scratch):
                store = Store(layers or scratch / "layers")
                return _build(fleet, engine, workshop, dist, Wanted(kinds, epoch, revision), store, log)
    except OSError as exc:
        raise _explain(dist, exc) from exc


@contextmanager
def _told_when_full(scratch: Path) -> Iterator[None]:
    """Says that the disk is full when it is: whoever ran out of it said so in many ways, or not at all."""
    try:
        yield
    except (BuildError, OSError) as exc:
        if shutil.disk_usage(scratch).free > _FULL:
            raise
        place = scratch.parent
        raise BuildError(f"{place}: no space left on the disk", hint="free some, then build again") from exc


def _build(
    fleet: Fleet, engine: Engine, workshop: Workshop, dist: Path, wanted: Wanted, store: Store, log: Log
) -> Report:
    clock = Clock()
    with make_tree(fleet, engine, workshop, dist, clock, log) as made, clock.phase("package"):
        manifest = _manifest(fleet.project.name, made)
        finished = workshop.scratch / f"{manifest.name}-{manifest.version}"
        report = package(fleet, made, manifest, finished, wanted, store)
        store.prune()
    budget.check(report, fleet.budget, reports.last(dist, manifest.name))
    with clock.phase("sign"):
        report = replace(report, signer=seal(engine.here, fleet, manifest, dist, finished))
    return _publish(report, finished, dist, clock)


def _manifest(name: str, made: Made) -> Manifest:
    return Manifest(
        name=name,
        version=made.release.version,
        arch=made.arch,
        erts=made.release.erts,
        otp=made.otp.release,
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        entries=scan(made.folder),
    )


def _publish(report: Report, finished: Path, dist: Path, clock: Clock) -> Report:
    """Moves the finished folder to its place, and an older build of the same version out of it."""
    place = dist / finished.name
    report = report.placed(place, tuple(clock.seconds.items()))
    (finished / "report.json").write_text(report.to_json(), "utf-8")
    older = finished.with_name("older")
    if place.exists():
        place.rename(older)
    finished.rename(place)
    # Nothing built is for version control.
    (dist / ".gitignore").write_text("*\n", "utf-8")
    shutil.rmtree(older, ignore_errors=True)
    return report


def _explain(dist: Path, exc: OSError) -> BeamwrightError:
    """What an operation on files failed of, in words."""
    if isinstance(exc, PermissionError):
        hint = "another user built here: give the folder to yourself"
        return ConfigError(f"{exc.filename}: {exc.strerror}", hint=hint)
    return BuildError(f"{exc.filename or dist}: {exc.strerror or exc}")
