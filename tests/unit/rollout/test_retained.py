"""What hosts are asked about the releases that they keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from beamwright import artifact
from beamwright.artifact import Artifact
from beamwright.artifact.manifest import Entry, Manifest
from beamwright.command import Command
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
    """The second release that is not in use is asked of the second host first."""
    used, lost, kept = "0.0.7-0123456789ab", "0.0.8-0123456789ab", f"0.0.9-{KEPT.digest[:12]}"
    facts, goals = _lacking(fleet, make_artifact("0.1.0"), used, kept, lost)
    asked = list[tuple[str, str]]()

    def says(host: str, command: Command) -> str:
        asked.append((host, str(command.argv[-1])))
        return KEPT.text() if host == "ams1" else "another one\n"

    def connect(host: Host) -> FakeTarget:
        return FakeTarget(host.name, lambda command: says(host.name, command))

    assert retained(Crew(fleet, fleet.hosts, connect), facts, goals, {}) == {kept: (ENTRY,)}
    assert asked[:2] == [("ams1", used), ("ams2", used)]
    assert sorted(asked[2:]) == [("ams1", lost), ("ams1", kept), ("ams2", lost), ("ams2", kept)]


@pytest.mark.parametrize(("nearest", "asked"), [(1 << 20, 1), (-1, 3)], ids=["near", "far"])
def test_what_is_not_in_use_is_asked_for_where_the_way_is_far(
    fleet: Fleet,
    make_artifact: Callable[[str], Artifact],
    monkeypatch: pytest.MonkeyPatch,
    nearest: int,
    asked: int,
) -> None:
    monkeypatch.setattr("beamwright.rollout.retained.NEAR", nearest)
    facts, goals = _lacking(fleet, make_artifact("0.1.0"), f"0.0.9-{KEPT.digest[:12]}", "0.0.8-a", "0.0.7-a")
    target = FakeTarget("ams", lambda _: KEPT.text())
    retained(Crew(fleet, fleet.hosts, lambda _: target), facts, goals, {})
    assert len({command.argv[-1] for command in target.commands}) == asked


def test_builds_here_are_read_once_for_many_hosts(
    fleet: Fleet, make_artifact: Callable[[str], Artifact], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the look at what is in use; it tells of the others, too."""
    read, manifests = list[Path](), artifact.manifests

    def counted(dist: Path, described: str) -> Iterator[Manifest]:
        read.append(dist)
        return manifests(dist, described)

    monkeypatch.setattr(artifact, "manifests", counted)
    used, made = make_artifact("0.0.9").manifest(), make_artifact("0.1.0")
    facts, goals = _lacking(fleet, made, f"0.0.9-{used.digest[:12]}")
    assert len(fleet.hosts) > 1
    retained(Crew(fleet, fleet.hosts, lambda _: FakeTarget("ams", lambda _: "")), facts, goals, {})
    assert len(read) == 1
