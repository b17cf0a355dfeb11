"""A second deployer: it waits as long as it may, goes by what it then finds, or says who is at work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from beamwright import rollout
from beamwright.artifact import Artifact
from beamwright.errors import ConfigError, LockedError
from beamwright.rollout import Options, Outcome, ready
from tests.unit.rollout.memory import MemoryFleet

Make = Callable[[str], Artifact]

ANN = "token ann@laptop since 2026-01-01T00:00:00Z: rolling 0.2.0"


def deploy(memory: MemoryFleet, artifact: Artifact, wait: float) -> Outcome:
    return rollout.deploy(
        memory.fleet, memory.fleet.hosts, artifact,
        on_event=memory.events.append, connect=memory.connect, options=Options(wait=wait),
    )  # fmt: skip


@pytest.fixture
def busy(memory: MemoryFleet, make_artifact: Make) -> MemoryFleet:
    """A fleet that runs 0.1.0; ann is at work on ams2."""
    deploy(memory, make_artifact("0.1.0"), 0)
    memory.calls.clear()
    memory.events.clear()
    memory.hosts["ams2"].held = ANN
    return memory


def ends(memory: MemoryFleet, after: float, change: Callable[[], None] = lambda: None) -> None:
    """Ann ends after some seconds, having changed something."""

    def end() -> None:
        change()
        memory.hosts["ams2"].held = None

    threading.Timer(after, end).start()


def begins(memory: MemoryFleet, verb: str, seconds: float | None = None) -> None:
    """Ann begins just before that verb reaches ams2, and ends after some seconds, or not at all."""

    def begin() -> None:
        memory.hosts["ams2"].held = ANN
        if seconds is not None:
            ends(memory, seconds)

    memory.once("ams2", verb, begin)


def test_it_waits_without_holding_anything_and_then_goes_on(busy: MemoryFleet, make_artifact: Make) -> None:
    held_meanwhile = []

    def look() -> None:
        held_meanwhile.append(busy.hosts["ams1"].held)

    ends(busy, 0.5, look)
    assert deploy(busy, make_artifact("0.2.0"), wait=30).outcome == "deployed"
    assert held_meanwhile == [None]
    assert [event.text for event in busy.events if "waiting" in event.text] == [
        "waiting: ams2 is locked by ann@laptop since 2026-01-01T00:00:00Z: rolling 0.2.0; "
        "the lease lasts 60 s more"
    ]


def test_it_is_told_who_is_at_work_when_its_patience_ends(busy: MemoryFleet, make_artifact: Make) -> None:
    begun = time.monotonic()
    with pytest.raises(LockedError, match="ams2 is locked by ann@laptop"):
        deploy(busy, make_artifact("0.2.0"), wait=1)
    assert 1 <= time.monotonic() - begun < 10
    assert (busy.calls, busy.hosts["ams1"].held) == ([], None)


def test_what_the_other_has_deployed_is_not_deployed_again(busy: MemoryFleet, make_artifact: Make) -> None:
    made = make_artifact("0.2.0")
    other = MemoryFleet(busy.fleet, hosts=busy.hosts)

    def deployed() -> None:
        busy.hosts["ams2"].held = None
        rollout.deploy(busy.fleet, busy.fleet.hosts, made, connect=other.connect)

    ends(busy, 0.2, deployed)
    assert deploy(busy, made, wait=30).outcome in ("unchanged", "deployed")
    restarts = [call for call in busy.changes() if "restart" in call]
    assert len(restarts) == 4


def test_what_the_other_has_tried_and_taken_back_is_not_tried_again(
    busy: MemoryFleet, make_artifact: Make
) -> None:
    made = make_artifact("0.2.0")
    ends(busy, 0.2, lambda: busy.hosts["ams2"].failed.append(made.release_id))
    with pytest.raises(ConfigError, match="has failed on ams2 and was taken back"):
        deploy(busy, made, wait=30)
    assert busy.changes() == []
    assert [host.held for host in busy.hosts.values()] == [None, None]


def test_a_lock_that_is_taken_in_the_last_moment_is_waited_for_too(
    busy: MemoryFleet, make_artifact: Make
) -> None:
    busy.hosts["ams2"].held = None

    begins(busy, "lock", 0.5)
    assert deploy(busy, make_artifact("0.2.0"), wait=30).outcome == "deployed"


def outdated(memory: MemoryFleet) -> None:
    """Nobody is at work, and another version of Beamwright was."""
    for host in memory.hosts.values():
        host.helper, host.held = "0" * 64, None


def test_another_helper_is_not_put_on_a_host_that_somebody_works_on(
    busy: MemoryFleet, make_artifact: Make
) -> None:
    outdated(busy)

    begins(busy, "upgrade-helper")
    with pytest.raises(LockedError, match="ams2 is locked by ann@laptop"):
        deploy(busy, make_artifact("0.2.0"), wait=0)
    assert not [call for call in busy.changes() if "upgrade-helper" not in call]


def test_a_host_that_somebody_works_on_before_it_gets_the_helper_is_waited_for(
    busy: MemoryFleet, make_artifact: Make
) -> None:
    outdated(busy)

    begins(busy, "upgrade-helper", 0.5)
    assert deploy(busy, make_artifact("0.2.0"), wait=30).outcome == "deployed"


def test_a_helper_that_the_other_has_put_there_is_not_put_again(
    busy: MemoryFleet, make_artifact: Make
) -> None:
    ours = busy.hosts["ams2"].helper
    outdated(busy)
    busy.hosts["ams2"].held = ANN

    def upgraded() -> None:
        for host in busy.hosts.values():
            host.helper = ours

    ends(busy, 0.5, upgraded)
    assert deploy(busy, make_artifact("0.2.0"), wait=30).outcome == "deployed"
    assert not [call for call in busy.changes() if "upgrade-helper" in call]


def swaps_the_helper(memory: MemoryFleet) -> None:
    """Another version of Beamwright puts its own on ams2, just before that is locked for the first time."""
    memory.hosts["ams2"].held = None

    def steal() -> None:
        memory.hosts["ams2"].helper = "0" * 64
        memory.hosts["ams2"].fence += 1

    memory.once("ams2", "lock", steal)


def test_nothing_is_done_by_the_helper_of_another_version(busy: MemoryFleet, make_artifact: Make) -> None:
    swaps_the_helper(busy)
    with pytest.raises(LockedError, match="ams2: another version of Beamwright"):
        deploy(busy, make_artifact("0.2.0"), wait=0)
    assert busy.changes() == []
    assert [host.held for host in busy.hosts.values()] == [None, None]


def test_who_may_wait_puts_its_own_helper_there_again(busy: MemoryFleet, make_artifact: Make) -> None:
    swaps_the_helper(busy)
    assert deploy(busy, make_artifact("0.2.0"), wait=30).outcome == "deployed"
    assert busy.changes()[0].startswith("ams2: upgrade-helper")
    assert "waiting: ams2: another version of Beamwright" in "\n".join(event.text for event in busy.events)
    assert [host.held for host in busy.hosts.values()] == [None, None]


def test_a_lock_that_is_lost_at_work_is_not_waited_for(busy: MemoryFleet, make_artifact: Make) -> None:
    busy.hosts["ams2"].held = None

    def proof(_: object) -> None:
        raise LockedError("somebody else is at work now")

    with pytest.raises(LockedError, match="somebody else"):
        rollout.deploy(
            busy.fleet, busy.fleet.hosts, make_artifact("0.2.0"),
            connect=busy.connect, options=Options(wait=30, proof=proof),
        )  # fmt: skip
    assert len([call for call in busy.changes() if "confirm" in call]) == 2


def test_what_goes_back_while_the_next_one_takes_its_lock_is_brought_again(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    """The host had begun to go back as the lease ended: a look before the end of that sees what goes."""
    host, tried = deployed.hosts["ams2"], make_artifact("0.2.0").release_id
    host.begin()
    host.previous, host.current, host.busy = host.current, tried, True
    host.releases.append(tried)

    def gone_back() -> None:
        host.current, host.previous, host.undo, host.busy = host.previous, None, None, False

    deployed.once("ams2", "lock", threading.Timer(0.7, gone_back).start)
    assert deploy(deployed, make_artifact("0.2.0"), wait=0).outcome == "deployed"
    assert {each.current for each in deployed.hosts.values()} == {tried}
    assert "waiting: what was begun there before is still at work" in [
        event.text for event in deployed.events
    ]


def test_units_that_a_host_restarts_by_itself_after_the_look_are_restarted_again(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    """The one before had taken its files back there, and not its nodes: those run what is wanted now."""
    host, wanted = deployed.hosts["ams2"], make_artifact("0.2.0").release_id
    host.releases.append(wanted)
    before, host.running["courier@1.service"] = host.running["courier@1.service"], wanted

    def expire() -> None:
        host.fence, host.running["courier@1.service"] = host.fence + 1, before

    deployed.once("ams2", "lock", expire)
    assert deploy(deployed, make_artifact("0.2.0"), wait=0).outcome == "deployed"
    assert host.running["courier@1.service"] == wanted


def test_what_does_not_end_is_told(
    deployed: MemoryFleet, make_artifact: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "_PATIENCE", 1.0)
    deployed.hosts["ams2"].busy = True
    with pytest.raises(LockedError, match="ams2: what was begun there before is still at work, after 1 s"):
        deploy(deployed, make_artifact("0.2.0"), wait=0)
    assert deployed.changes() == []
    assert [host.held for host in deployed.hosts.values()] == [None, None]
