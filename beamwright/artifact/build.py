"""source → release → tree → artifacts: the whole road of `beamwright build`."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from beamwright.artifact import budget, reports
from beamwright.artifact.artifact import manifests
from beamwright.artifact.counter import next_counter
from beamwright.artifact.report import Report
from beamwright.artifact.signature import may_sign
from beamwright.artifact.wanted import Wanted
from beamwright.artifact.workspace import open_workshop
from beamwright.errors import ConfigError
from beamwright.fleet.model import Fleet
from beamwright.release import compile
from beamwright.release.clock import Clock
from beamwright.release.engine import Engine, Log
from beamwright.release.toolbox import open_toolbox

KINDS = ("tarball", "oci", "docker")
EPOCH = 315_532_800
"""The time of every file where none is asked for: 1980, since tar complains about files of 1970."""

LATEST = 8**11 - 1
"""What fits into the header of a tar archive (POSIX.1, ustar): the year 2242."""


def build(
    fleet: Fleet,
    engine: Engine,
    dist: Path,
    kinds: Collection[str],
    log: Log,
    epoch: int = EPOCH,
    *,
    revision: Callable[[], str] = str,
    layers: Path | None = None,
) -> Report:
    """Builds the fleet's project into `dist/<name>-<version>/`, which appears whole or not at all.

    `kinds` are among KINDS; `log` gets a line for each thing that a person may want to follow; `epoch` is
    the time of every file, in seconds (SOURCE_DATE_EPOCH); `revision` tells the source's commit, where it
    is known. `layers` is a folder of compressed layers that outlives the build; without it all are made anew.
    ConfigError or BuildError, with a hint.
    """
    _check(kinds, epoch)
    compile.check(fleet.project)
    may_sign(fleet.signing)
    cache = fleet.folder / ".beamwright/cache" / fleet.project.name
    with open_workshop(fleet.project.context, dist, cache, log) as workshop:
        clock = Clock()
        with open_toolbox(fleet, engine, workshop, dist, clock, log) as tools:
            # They load, and git looks at the source, while the box starts and the compiler runs.
            from beamwright.artifact.make import make
            from beamwright.artifact.seal import seal

            # A damaged build there ends this one before the compiler does.
            counter = next_counter(manifests(dist), fleet.project.name, fleet.environment, time.time())
            wanted = Wanted(kinds, epoch, revision(), layers)
            last = reports.last(dist, fleet.project.name)
            finished = make(fleet, tools, workshop, wanted, clock, log, last.blobs if last else ())
        budget.check(finished.report, fleet.budget, last)
        with clock.phase("seal"):
            report = replace(finished.report, signer=seal(engine.here, finished, counter))
        return _publish(report, dist, clock)


def _check(kinds: Collection[str], epoch: int) -> None:
    """ConfigError for a kind that there is none of, or a time that no file can have."""
    if unknown := set(kinds) - set(KINDS):
        raise ConfigError(
            f"no such kind of artifact: {', '.join(sorted(unknown))}", hint=f"one of {', '.join(KINDS)}"
        )
    if not 0 <= epoch <= LATEST:
        raise ConfigError(
            f"{epoch} is no time that a file can have",
            hint="SOURCE_DATE_EPOCH is in seconds since 1970",
        )


def _publish(report: Report, dist: Path, clock: Clock) -> Report:
    """Moves the finished folder to its place, and an older build of the same version out of it."""
    finished = report.folder
    place = dist / finished.name
    report = report.placed(place, tuple(clock.seconds.items()))
    (finished / "report.json").write_text(report.to_json(), "utf-8")
    # Nothing built is for version control.
    (dist / ".gitignore").write_text("*\n", "utf-8")
    older = finished.with_name("older")
    try:
        if place.exists():
            place.rename(older)
        finished.rename(place)
    finally:
        # Ended between the two renames, the older build would go with the scratch folder.
        if older.exists() and not place.exists():
            older.rename(place)
    shutil.rmtree(older, ignore_errors=True)
    return report
