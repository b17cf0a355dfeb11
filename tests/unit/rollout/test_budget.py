"""Hosts that fail or are down: how far a roll-out goes on, what becomes of them, and what is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from beamwright import rollout
from beamwright.artifact import Artifact
from beamwright.errors import ConfigError, RolledBackError, UnconfirmedError, UnreachableError
from beamwright.fleet import Fleet
from beamwright.rollout import Options
from tests.unit.rollout.memory import MemoryFleet

Make = Callable[[str], Artifact]
Five = Callable[[str], Fleet]


@pytest.fixture
def start(five: Five, make_artifact: Make) -> Callable[[str], MemoryFleet]:
    """Five hosts that run 0.1.0, with lines for [deploy]."""

    def make(deploy: str) -> MemoryFleet:
        memory = MemoryFleet(five(deploy))
        run(memory, make_artifact("0.1.0"))
        memory.calls.clear()
        memory.events.clear()
        return memory

    return make


def run(memory: MemoryFleet, artifact: Artifact, options: Options | None = None) -> None:
    rollout.deploy(
        memory.fleet, memory.fleet.hosts, artifact,
        on_event=memory.events.append, connect=memory.connect, options=options or Options(),
    )  # fmt: skip


def ended(memory: MemoryFleet) -> tuple[str, dict[str, str]]:
    (end,) = (event.outcome for event in memory.events if event.kind == "end")
    assert end
    return end.outcome, {host.name: host.outcome for host in end.hosts}


def versions(memory: MemoryFleet) -> dict[str, str]:
    return {
        name: " ".join(
            sorted({str(host.current).split("-")[0], *(r.split("-")[0] for r in host.running.values())})
        )
        for name, host in memory.hosts.items()
    }


def settled(memory: MemoryFleet) -> bool:
    return all(host.undo is None and host.held is None for host in memory.hosts.values())


def test_a_host_that_may_fail_goes_back_and_the_others_go_on(
    start: Callable[[str], MemoryFleet], make_artifact: Make
) -> None:
    memory = start('max_fail = "1"')
    memory.failing = {("0.2.0", "1@ams3")}
    with pytest.raises(UnconfirmedError, match=r"deployed on 4 of 5 hosts: ams3 went back") as caught:
        run(memory, make_artifact("0.2.0"))
    assert caught.value.exit_code == 7
    assert memory.events[-1].outcome and memory.events[-1].outcome.error == caught.value.message
    assert versions(memory) == {f"ams{n}": "0.1.0" if n == 3 else "0.2.0" for n in range(1, 6)}
    assert ended(memory) == (
        "incomplete",
        {f"ams{n}": "reverted" if n == 3 else "deployed" for n in range(1, 6)},
    )
    assert settled(memory)
    memory.failing.clear()
    memory.calls.clear()
    with pytest.raises(ConfigError, match=r"0.2.0-\w+ has failed on ams3 and was taken back") as refused:
        run(memory, make_artifact("0.2.0"))
    assert "--again" in refused.value.hint
    for look in (rollout.plan, partial(rollout.deploy, dry_run=True)):
        with pytest.raises(ConfigError) as same:
            look(memory.fleet, memory.fleet.hosts, make_artifact("0.2.0"), connect=memory.connect)
        assert (str(same.value), same.value.hint) == (str(refused.value), refused.value.hint)
    assert memory.calls == []
    run(memory, make_artifact("0.2.0"), Options(again=True))
    run(memory, make_artifact("0.2.0"))
    assert {change.split(":")[0] for change in memory.changes()} == {"ams3"}


def test_one_more_than_may_fail_takes_all_back(
    start: Callable[[str], MemoryFleet], make_artifact: Make
) -> None:
    memory = start('max_fail = "20%"')
    memory.failing = {("0.2.0", "1@ams2"), ("0.2.0", "2@ams4")}
    with pytest.raises(RolledBackError, match="courier2@ams4"):
        run(memory, make_artifact("0.2.0"))
    assert set(versions(memory).values()) == {"0.1.0"}
    assert ended(memory)[1] == {
        "ams1": "reverted", "ams2": "reverted", "ams3": "reverted", "ams4": "reverted", "ams5": "unchanged"
    }  # fmt: skip
    assert settled(memory)


def test_two_that_fail_at_once_are_both_named_and_both_count(
    start: Callable[[str], MemoryFleet], make_artifact: Make
) -> None:
    memory = start('max_fail = "2"\nbatch = "4"')
    memory.failing = {("0.2.0", "1@ams2"), ("0.2.0", "1@ams3")}
    both = threading.Barrier(2)

    def meet(host: str, verb: str) -> None:
        if verb == "restart" and host in ("ams2", "ams3") and memory.hosts[host].undo:
            both.wait(5)

    memory.before_call = meet
    with pytest.raises(UnconfirmedError, match=r"on 3 of 5 hosts: ams2 went back .*; ams3 went back"):
        run(memory, make_artifact("0.2.0"))
    assert versions(memory) == {f"ams{n}": "0.1.0" if n in (2, 3) else "0.2.0" for n in range(1, 6)}


def test_stop_leaves_the_host_that_failed_and_confirms_those_that_are_done(
    start: Callable[[str], MemoryFleet], make_artifact: Make
) -> None:
    memory = start('on_fail = "stop"')
    memory.failing = {("0.2.0", "2@ams3")}
    with pytest.raises(UnconfirmedError, match="stopped there, not confirmed: ams3"):
        run(memory, make_artifact("0.2.0"))
    assert ended(memory) == (
        "unconfirmed",
        {
            "ams1": "deployed",
            "ams2": "deployed",
            "ams3": "unconfirmed",
            "ams4": "unchanged",
            "ams5": "unchanged",
        },
    )
    assert [name for name, host in memory.hosts.items() if host.undo] == ["ams3"]
    assert not [call for _, call in memory.calls if call.startswith("revert")]


def test_a_host_that_is_lost_may_fail_too(start: Callable[[str], MemoryFleet], make_artifact: Make) -> None:
    memory = start('max_fail = "1"')

    memory.loses("ams3", "restart")
    with pytest.raises(UnconfirmedError, match="on 4 of 5 hosts: ams3 is not well"):
        run(memory, make_artifact("0.2.0"))
    assert ended(memory)[1]["ams3"] == "unconfirmed"


def test_too_few_ready_nodes_end_what_a_failure_did_not(
    start: Callable[[str], MemoryFleet], make_artifact: Make
) -> None:
    memory = start('max_fail = "2"\nmin_ready = "9"')
    memory.failing = {("0.2.0", "1@ams3"), ("0.1.0", "1@ams3")}
    with pytest.raises(
        UnconfirmedError, match=r'; then: cluster ams: 9 of 10 nodes are ready .* "9" keeps 9'
    ):
        run(memory, make_artifact("0.2.0"))
    assert [ended(memory)[1][f"ams{n}"] for n in (1, 2, 4, 5)] == [
        "deployed",
        "deployed",
        "unchanged",
        "unchanged",
    ]


def test_a_restart_goes_on_without_repeating_itself(start: Callable[[str], MemoryFleet]) -> None:
    memory = start('max_fail = "1"')
    memory.failing = {("0.1.0", "2@ams2")}
    with pytest.raises(UnconfirmedError, match="restarted on 4 of 5 hosts: ams2"):
        rollout.restart(memory.fleet, memory.fleet.hosts, memory.events.append, connect=memory.connect)
    restarts = [call for call in memory.changes() if "restart" in call]
    assert len(restarts) == len(set(restarts)) == 10
    assert ended(memory)[1] == {f"ams{n}": "unconfirmed" if n == 2 else "restarted" for n in range(1, 6)}


def test_hosts_that_are_down_are_left_out_when_that_is_asked_for(
    start: Callable[[str], MemoryFleet], make_artifact: Make
) -> None:
    memory = start("")
    memory.hosts["ams3"].down = True
    memory.hosts["ams3"].running.clear()
    with pytest.raises(UnreachableError, match=r"deployed on 4 of 5 hosts, left out .*: ams3") as caught:
        run(memory, make_artifact("0.2.0"), Options(skip_down=True))
    assert caught.value.exit_code == 4
    assert ended(memory) == (
        "deployed",
        {
            "ams1": "deployed",
            "ams2": "deployed",
            "ams4": "deployed",
            "ams5": "deployed",
            "ams3": "unreachable",
        },
    )
    assert memory.events[-1].outcome and memory.events[-1].outcome.error == caught.value.message
    memory.hosts["ams3"].down = False
    memory.calls.clear()
    run(memory, make_artifact("0.2.0"))
    assert versions(memory)["ams3"] == "0.2.0"
    assert {change.split(":")[0] for change in memory.changes()} == {"ams3"}


def test_a_host_that_answers_and_is_refused_is_not_down(
    start: Callable[[str], MemoryFleet], make_artifact: Make
) -> None:
    memory = start("")
    memory.hosts["ams3"].refused = True
    with pytest.raises(UnreachableError, match="has CHANGED"):
        run(memory, make_artifact("0.2.0"), Options(skip_down=True))
    assert memory.changes() == []


def test_a_node_that_is_ready_and_then_dies_is_caught_while_it_soaks(
    start: Callable[[str], MemoryFleet], make_artifact: Make
) -> None:
    memory, looks = start("soak_seconds = 0"), list[str]()
    memory.fleet = replace(memory.fleet, deploy=replace(memory.fleet.deploy, soak_seconds=2))

    def die(host: str, verb: str) -> None:
        if host == "ams2" and verb in ("status", "revert"):
            looks.append(verb)
        memory.hosts["ams2"].restarts = int(len(looks) > 3 and "revert" not in looks)

    memory.before_call = die
    with pytest.raises(RolledBackError, match="courier1@ams2 crashed: systemd has restarted it"):
        run(memory, make_artifact("0.2.0"))
    assert set(versions(memory).values()) == {"0.1.0"}
    assert looks[:5] == [*["status"] * 4, "revert"]


def test_the_minimum_is_refused_before_anything_is_changed(
    start: Callable[[str], MemoryFleet], make_artifact: Make
) -> None:
    memory = start('min_ready = "100%"')
    with pytest.raises(ConfigError, match="keeps 10"):
        run(memory, make_artifact("0.2.0"))
    assert memory.changes() == []
