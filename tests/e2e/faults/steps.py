"""The steps of a deploy, generated from the playbook's own list: where a fault can strike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from beamwright import fleet as fleets
from beamwright.artifact import Artifact
from beamwright.artifact.manifest import Manifest
from beamwright.fleet import Fleet
from beamwright.rollout import playbook
from beamwright.rollout.facts import App, HostFacts, NodeStatus, Unit
from beamwright.rollout.goal import Goal, Situation, node_unit
from beamwright.rollout.plan import plan
from beamwright.units.file import HostFile
from tests.e2e.faults.fleet_file import KEEP, fleet_text


@dataclass(frozen=True)
class Step:
    """One action of a deploy: its phase, its host and the first word of what it says; or only a phase."""

    phase: str
    host: str = ""
    word: str = ""

    def __str__(self) -> str:
        return "-".join(filter(None, (*self.phase.split(":")[0].split(), self.word, self.host)))


BEFORE = (Step("look"), Step("host helper"))
"""What comes before the playbook's own steps: every host is looked at, gets the helper, and is locked."""


def steps(draw: Random, hosts: int = 2) -> tuple[Step, ...]:
    """Those of a deploy that has everything to do: settings, a release, and one release too many.

    What all hosts do at once is one step, on a host that is drawn.
    """
    with TemporaryDirectory() as folder:
        (Path(folder) / "fleet.toml").write_text(fleet_text(hosts), "utf-8")
        fleet = fleets.load(Path(folder) / "fleet.toml")
        return (*BEFORE, *_actions(fleet, _artifact(Path(folder)), draw))


def _actions(fleet: Fleet, made: Artifact, draw: Random) -> Iterator[Step]:
    for phase in plan(_situation(fleet, made), playbook.load("rolling", fleet.folder)).phases:
        host = draw.choice([action.host for action in phase.actions])
        for action in phase.actions:
            if not phase.parallel or action.host == host:
                yield Step(phase.name, action.host, action.text.split()[0])


def _situation(fleet: Fleet, made: Artifact) -> Situation:
    """Every host has as many releases as are kept, and runs the newest of them."""
    unit, old = node_unit(fleet, 1), tuple(f"0.{number}.0-0123456789ab" for number in range(KEEP))
    said = NodeStatus(state="ready", ready=True)
    app = App(old[-1], releases=old, units={unit: Unit(unit, "active", True, 0, old[-1], said)})
    file = HostFile(f"/etc/beamwright/{fleet.project.name}/1.env", "NEW=1\n", 0o644, "root", "root")
    goal = Goal(made.release_id, (unit,), (file,), made)
    return Situation(
        fleet,
        fleet.hosts,
        {host.name: HostFacts("-", "x86_64", 252, 10**9, {fleet.project.name: app}) for host in fleet.hosts},
        {(host.name, fleet.project.name): goal for host in fleet.hosts},
    )


def _artifact(folder: Path) -> Artifact:
    manifest = Manifest("bolt", "1.0.0", "amd64", "", "", "", ())
    (folder / "manifest.json").write_text(manifest.to_json(), "utf-8")
    return Artifact("bolt", "1.0.0", manifest.digest, "amd64", folder, folder / "none.tar.gz", None)
