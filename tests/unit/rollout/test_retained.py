"""What hosts are asked about the releases that they keep."""

from __future__ import annotations

from collections.abc import Callable

from beamwright.artifact import Artifact
from beamwright.artifact.manifest import Entry, Manifest
from beamwright.fleet import Fleet, Host
from beamwright.rollout.crew import Crew
from beamwright.rollout.facts import App, HostFacts
from beamwright.rollout.goal import Goal
from beamwright.rollout.retained import retained
from beamwright.transport import FakeTarget

ENTRY = Entry("app/lib/kept.beam", "644", "f", 4, "ab" * 32)
KEPT = Manifest("courier", "0.0.9", "amd64", "15", "27", "", (ENTRY,))


def _lacking(
    fleet: Fleet, made: Artifact, *releases: str
) -> tuple[dict[str, HostFacts], dict[tuple[str, str], Goal]]:
    """The facts of hosts that have those releases, the first in use, and their goal, the artifact."""
    app = App(releases[0], releases=releases)
    facts = {host.name: HostFacts(None, "x86_64", 252, 1 << 24, {"courier": app}) for host in fleet.hosts}
    return facts, {(host.name, "courier"): Goal(made.release_id, (), artifact=made) for host in fleet.hosts}


def test_a_release_is_asked_for_once_and_never_again(
    fleet: Fleet, make_artifact: Callable[[str], Artifact]
) -> None:
    kept = f"0.0.9-{KEPT.digest[:12]}"
    facts, goals = _lacking(fleet, make_artifact("0.1.0"), kept)
    target = FakeTarget("ams", lambda _: KEPT.text())
    crew = Crew(fleet, fleet.hosts, lambda _: target)
    told = retained(crew, facts, goals, {})
    assert told[kept] == (ENTRY,)
    assert retained(crew, facts, goals, told) == told
    assert len(target.commands) == 1


def test_who_does_not_tell_the_truth_is_passed_by(
    fleet: Fleet, make_artifact: Callable[[str], Artifact]
) -> None:
    """The second release is asked of the second host first."""
    lost, kept = "0.0.8-0123456789ab", f"0.0.9-{KEPT.digest[:12]}"
    facts, goals = _lacking(fleet, make_artifact("0.1.0"), kept, lost)
    asked = list[str]()

    def says(host: str) -> str:
        asked.append(host)
        return KEPT.text() if host == "ams1" else "another one\n"

    def connect(host: Host) -> FakeTarget:
        return FakeTarget(host.name, lambda _: says(host.name))

    assert retained(Crew(fleet, fleet.hosts, connect), facts, goals, {}) == {kept: (ENTRY,)}
    assert sorted(asked) == ["ams1", "ams1", "ams2", "ams2"]
