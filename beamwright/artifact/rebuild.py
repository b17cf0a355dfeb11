"""Proof that the shipped artifact is what its source builds: made again from cold, and compared."""

from __future__ import annotations

from pathlib import Path

from beamwright.artifact import reports
from beamwright.artifact.build import make
from beamwright.artifact.difference import Difference, differences
from beamwright.artifact.package import Wanted
from beamwright.artifact.report import Report
from beamwright.artifact.seal import SBOM
from beamwright.artifact.workspace import open_workshop
from beamwright.fleet.model import Fleet
from beamwright.release import compile
from beamwright.release.clock import Clock
from beamwright.release.workshop import Engine, Log


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
    with open_workshop(fleet.project.source, dist, None, log) as workshop:
        made = make(fleet, engine, workshop, dist, wanted, Clock(), log)
        folder = made.report.folder
        (folder / "manifest.json").write_text(made.manifest.to_json(), "utf-8")
        (folder / SBOM).write_text(made.sbom, "utf-8")
        (folder / reports.FILE).write_text(made.report.to_json(), "utf-8")
        return shipped, differences(shipped.folder, folder)
