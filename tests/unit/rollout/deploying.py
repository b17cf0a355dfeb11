"""Deploys to hosts in memory, and what was told of them."""

from __future__ import annotations

from collections.abc import Callable

from beamwright import rollout
from beamwright.artifact import Artifact
from beamwright.fleet import Fleet
from beamwright.rollout import Outcome
from tests.unit.rollout.memory import MemoryFleet

Make = Callable[[str], Artifact]
MakeFleet = Callable[..., Fleet]


def deploy(
    memory: MemoryFleet, artifact: Artifact, fleet: Fleet | None = None, dry_run: bool = False
) -> Outcome:
    """To all hosts."""
    fleet = fleet or memory.fleet
    return rollout.deploy(
        fleet, fleet.hosts, artifact, on_event=memory.events.append, dry_run=dry_run, connect=memory.connect
    )


def outcomes(memory: MemoryFleet) -> dict[str, str]:
    """Host → how it ended there."""
    (end,) = (event for event in memory.events if event.kind == "end")
    assert end.outcome
    return {host.name: host.outcome for host in end.outcome.hosts}
