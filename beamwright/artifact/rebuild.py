"""Proof that the shipped artifact is what its source builds: made again from cold, and compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from beamwright.artifact import reports
from beamwright.artifact.papers import SBOM
from beamwright.artifact.report import Report
from beamwright.artifact.wanted import Wanted
from beamwright.artifact.workspace import open_workshop
from beamwright.fleet.model import Fleet
from beamwright.release import compile
from beamwright.release.clock import Clock
from beamwright.release.engine import Engine, Log
from beamwright.release.toolbox import open_toolbox

if TYPE_CHECKING:
    from beamwright.artifact.difference import Difference


def rebuild(
    fleet: Fleet, engine: Engine, dist: Path, log: Log, revision: str = ""
) -> tuple[Report, tuple[Difference, ...]]:
    """The report of the newest build in `dist`, and what a build of the source as it is now has otherwise.

    It is made in a scratch folder, of the same kinds and with the same time of files, with neither the
    project's caches nor layers that are compressed already. `revision` is the source's now. What is in
    `dist` stays as it is.
    """
    compile.check(fleet.project)
    shipped = reports.newest(dist, fleet.project.name)
    wanted = Wanted([each.kind for each in shipped.artifacts], shipped.epoch, revision)
    clock = Clock()
    with (
        open_workshop(fleet.project.context, dist, None, log) as workshop,
        open_toolbox(fleet, engine, workshop, dist, clock, log) as tools,
    ):
        # They load while the box starts and the compiler runs.
        from beamwright.artifact.difference import differences
        from beamwright.artifact.make import make

        made = make(fleet, tools, workshop, wanted, clock, log)
        folder = made.report.folder
        (folder / "manifest.json").write_text(made.manifest.to_json(), "utf-8")
        (folder / SBOM).write_text(made.sbom, "utf-8")
        (folder / reports.FILE).write_text(made.report.to_json(), "utf-8")
        return shipped, differences(shipped.folder, folder)
