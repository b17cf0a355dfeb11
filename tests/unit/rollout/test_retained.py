"""What hosts are asked about the releases that they keep."""

from __future__ import annotations

from collections.abc import Callable

from beamwright.artifact import Artifact
from beamwright.artifact.manifest import Entry, Manifest
from beamwright.fleet import Fleet
from beamwright.rollout.crew import Crew
from beamwright.rollout.facts import App, HostFacts
from beamwright.rollout.goal import Goal
from beamwright.rollout.retained import retained
from beamwright.transport import FakeTarget

ENTRY = Entry("app/lib/kept.beam", "644", "f", 4, "ab" * 32)
KEPT = Manifest("courier", "0.0.9", "amd64", "15", "27", "", (ENTRY,))


def test_a_release_is_asked_for_once_and_never_again(
    fleet: Fleet, make_artifact: Callable[[str], Artifact]
) -> None:
    kept, made = f"0.0.9-{KEPT.digest[:12]}", make_artifact("0.1.0")
    facts = {
        host.name: HostFacts(None, "x86_64", 252, 1 << 24, {"courier": App(kept, releases=(kept,))})
        for host in fleet.hosts
    }
    goals = {(host.name, "courier"): Goal(made.release_id, (), artifact=made) for host in fleet.hosts}
    target = FakeTarget("ams", lambda _: KEPT.text())
    crew = Crew(fleet, fleet.hosts, lambda _: target)
    told = retained(crew, facts, goals, {})
    assert told[kept] == (ENTRY,)
    assert retained(crew, facts, goals, told) == told
    assert len(target.commands) == 1


def test_who_does_not_tell_the_truth_is_passed_by(
    fleet: Fleet, make_artifact: Callable[[str], Artifact]
) -> None:
    kept, lost, made = f"0.0.9-{KEPT.digest[:12]}", "0.0.8-0123456789ab", make_artifact("0.1.0")
    facts = {
        host.name: HostFacts(None, "x86_64", 252, 1 << 24, {"courier": App(kept, releases=(lost, kept))})
        for host in fleet.hosts
    }
    goals = {(host.name, "courier"): Goal(made.release_id, (), artifact=made) for host in fleet.hosts}
    says = {"ams1": "another one\n", "ams2": KEPT.text()}
    crew = Crew(fleet, fleet.hosts, lambda host: FakeTarget(host.name, lambda _: says[host.name]))
    assert retained(crew, facts, goals, {}) == {kept: (ENTRY,)}
