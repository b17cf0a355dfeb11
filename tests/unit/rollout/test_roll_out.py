"""Whole roll-outs over hosts in memory: what was called, in which order, and how it ended."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import pytest

from beamwright import rollout
from beamwright.artifact import Artifact
from beamwright.errors import (
    BeamwrightError,
    ConfigError,
    LockedError,
    RolledBackError,
    UnconfirmedError,
    UnreachableError,
    VerifyError,
)
from beamwright.fleet import Fleet, Host
from beamwright.rollout import Event, Options, Outcome
from tests.unit.rollout.memory import MemoryFleet

Make = Callable[[str], Artifact]
MakeFleet = Callable[..., Fleet]


def deploy(
    memory: MemoryFleet, artifact: Artifact, fleet: Fleet | None = None, dry_run: bool = False
) -> Outcome:
    fleet = fleet or memory.fleet
    return rollout.deploy(
        fleet, fleet.hosts, artifact, on_event=memory.events.append, dry_run=dry_run, connect=memory.connect
    )


def outcomes(memory: MemoryFleet) -> dict[str, str]:
    (end,) = (event for event in memory.events if event.kind == "end")
    assert end.outcome
    return {host.name: host.outcome for host in end.outcome.hosts}


@pytest.fixture
def deployed(memory: MemoryFleet, make_artifact: Make) -> MemoryFleet:
    """A fleet that runs 0.1.0."""
    deploy(memory, make_artifact("0.1.0"))
    memory.calls.clear()
    memory.events.clear()
    return memory


def test_first_deploy_goes_host_by_host_and_node_by_node(memory: MemoryFleet, make_artifact: Make) -> None:
    made = make_artifact("0.1.0")
    outcome = deploy(memory, made)
    staged, rest = memory.changes()[:2], memory.changes()[2:]
    assert sorted(staged) == [f"{host}: stage {made.release_id} -" for host in ("ams1", "ams2")]
    assert rest[:8] == [
        "ams1: install",
        f"ams1: switch {made.release_id}",
        "ams1: restart courier@1.service",
        "ams1: restart courier@2.service",
        "ams2: install",
        f"ams2: switch {made.release_id}",
        "ams2: restart courier@1.service",
        "ams2: restart courier@2.service",
    ]
    assert sorted(rest[8:]) == ["ams1: confirm", "ams2: confirm"]
    assert (outcome.outcome, outcomes(memory)) == ("deployed", {"ams1": "deployed", "ams2": "deployed"})
    assert all(host.bytes_sent > 0 and host.after == made.release_id for host in outcome.hosts)


def test_nothing_to_do_changes_and_locks_nothing(deployed: MemoryFleet, make_artifact: Make) -> None:
    outcome = deploy(deployed, make_artifact("0.1.0"))
    assert outcome.outcome == "unchanged"
    assert deployed.calls == []


def test_the_proof_is_made_while_nobody_else_may_change_the_hosts(
    memory: MemoryFleet, make_artifact: Make
) -> None:
    seen = list[tuple[str, bool]]()

    def proof(hosts: tuple[Host, ...]) -> None:
        seen.extend((host.name, memory.hosts[host.name].held is not None) for host in hosts)
        raise VerifyError("1 checks failed: test_counter")

    with pytest.raises(VerifyError):
        rollout.deploy(
            memory.fleet, memory.fleet.hosts, make_artifact("0.1.0"),
            connect=memory.connect, options=Options(proof=proof),
        )  # fmt: skip
    assert seen == [("ams1", True), ("ams2", True)]
    assert [(host.held, host.undo) for host in memory.hosts.values()] == [(None, None)] * 2
    assert rollout.deploy(
        memory.fleet, memory.fleet.hosts, make_artifact("0.1.0"),
        connect=memory.connect, options=Options(proof=proof),
    ).outcome == "unchanged"  # fmt: skip


def test_dry_run_calls_nothing(memory: MemoryFleet, make_artifact: Make) -> None:
    assert deploy(memory, make_artifact("0.1.0"), dry_run=True).outcome == "planned"
    assert memory.calls == []


def test_never_two_nodes_down_and_the_next_only_when_the_cluster_is_whole(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    restarts = []

    def watch(host: str, verb: str) -> None:
        if verb == "restart":
            restarts.append(len(deployed.up()))

    deployed.before_call = watch
    deploy(deployed, make_artifact("0.2.0"))
    assert restarts == [4, 4, 4, 4]
    calls = [call.split()[0] for host, call in deployed.calls if call.split()[0] in ("restart", "status")]
    assert calls[:8] == ["restart", "status"] * 4


def test_a_setting_of_one_host_restarts_only_what_reads_it(
    deployed: MemoryFleet, make_artifact: Make, make_fleet: MakeFleet
) -> None:
    changed = make_fleet(('address = "10.0.0.2"', 'address = "10.0.0.2"\nnode.env = { A = "1" }'))
    deploy(deployed, make_artifact("0.1.0"), changed)
    assert deployed.changes() == [
        "ams2: install",
        "ams2: restart courier@1.service",
        "ams2: restart courier@2.service",
        "ams2: confirm",
    ]


def test_a_node_that_is_gone_from_the_fleet_is_stopped_after_everything_else(
    deployed: MemoryFleet, make_artifact: Make, make_fleet: MakeFleet
) -> None:
    deploy(deployed, make_artifact("0.1.0"), make_fleet(("count = 2", "count = 1")))
    changes = deployed.changes()
    assert sorted(changes[-2:]) == ["ams1: stop courier@2.service", "ams2: stop courier@2.service"]


def test_what_an_interrupted_deploy_owes_is_made_up_for(deployed: MemoryFleet, make_artifact: Make) -> None:
    made = make_artifact("0.2.0")
    host = deployed.hosts["ams1"]
    host.releases.append(made.release_id)
    host.switch("courier", made.release_id)
    host.restart("courier", "courier@1.service")
    deploy(deployed, made)
    assert [change for change in deployed.changes() if change.startswith("ams1")] == [
        "ams1: restart courier@2.service",
        "ams1: confirm",
    ]


def test_a_crash_on_the_second_host_takes_both_back(deployed: MemoryFleet, make_artifact: Make) -> None:
    before = make_artifact("0.1.0").release_id
    deployed.failing = {("0.2.0", "1@ams2")}
    with pytest.raises(RolledBackError, match="courier1@ams2") as caught:
        deploy(deployed, make_artifact("0.2.0"))
    assert caught.value.exit_code == 6
    after = deployed.changes()[deployed.changes().index("ams1: revert") :]
    assert after == [
        "ams1: revert",
        "ams2: revert",
        "ams2: restart courier@1.service",
        "ams1: restart courier@1.service",
        "ams1: restart courier@2.service",
    ]
    for host in deployed.hosts.values():
        assert (host.current, host.undo, host.held) == (before, None, None)
        assert set(host.running.values()) == {before}
    assert outcomes(deployed) == {"ams1": "reverted", "ams2": "reverted"}


def test_a_crash_on_the_first_host_leaves_the_second_alone(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    deployed.failing = {("0.2.0", "2@ams1")}
    with pytest.raises(RolledBackError):
        deploy(deployed, make_artifact("0.2.0"))
    assert [change for change in deployed.changes() if change.startswith("ams2")] == [
        f"ams2: stage {make_artifact('0.2.0').release_id} -"
    ]
    assert outcomes(deployed) == {"ams1": "reverted", "ams2": "unchanged"}


def test_a_setting_that_crashes_is_taken_back_too(
    deployed: MemoryFleet, make_artifact: Make, make_fleet: MakeFleet
) -> None:
    files = dict(deployed.hosts["ams1"].files)
    deployed.failing = {("0.1.0", "1@ams1")}
    changed = make_fleet(("count = 2", 'count = 2\nenv = { A = "1" }'))

    def mend(host: str, verb: str) -> None:
        if verb == "revert":
            deployed.failing.clear()

    deployed.before_call = mend
    with pytest.raises(RolledBackError):
        deploy(deployed, make_artifact("0.1.0"), changed)
    assert deployed.hosts["ams1"].files == files


def test_the_first_release_of_all_crashes(memory: MemoryFleet, make_artifact: Make) -> None:
    memory.failing = {("0.1.0", "1@ams1")}
    with pytest.raises(RolledBackError, match="no release before"):
        deploy(memory, make_artifact("0.1.0"))
    assert memory.hosts["ams1"].current is None
    assert memory.up() == set()


def test_a_revert_that_fails_names_the_host(deployed: MemoryFleet, make_artifact: Make) -> None:
    deployed.failing = {("0.2.0", "1@ams2"), ("ams2", "revert")}
    with pytest.raises(UnconfirmedError, match="how these stand: ams2"):
        deploy(deployed, make_artifact("0.2.0"))
    assert outcomes(deployed) == {"ams1": "reverted", "ams2": "unconfirmed"}


def test_a_host_that_is_down_is_named_and_nothing_is_changed(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    deployed.hosts["ams2"].down = True
    with pytest.raises(UnreachableError, match="ams2"):
        deploy(deployed, make_artifact("0.2.0"))
    assert deployed.calls == []


def test_a_host_lost_in_its_turn_is_unconfirmed_and_the_others_go_back(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    deployed.loses("ams2", "restart")
    with pytest.raises(UnconfirmedError, match="how these stand: ams2"):
        deploy(deployed, make_artifact("0.2.0"))
    assert outcomes(deployed) == {"ams1": "reverted", "ams2": "unconfirmed"}
    assert deployed.hosts["ams1"].current == make_artifact("0.1.0").release_id


def test_what_is_wrong_here_meanwhile_takes_back_too(deployed: MemoryFleet, make_artifact: Make) -> None:
    def lose(host: str, verb: str) -> None:
        if (host, verb) == ("ams2", "restart"):
            deployed.before_call = None
            raise ConfigError("ssh.key: there is no key any more")

    deployed.before_call = lose
    with pytest.raises(RolledBackError, match="there is no key any more"):
        deploy(deployed, make_artifact("0.2.0"))
    assert outcomes(deployed) == {"ams1": "reverted", "ams2": "reverted"}


def test_a_host_that_goes_while_it_is_staged_to_runs_what_it_ran(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    deployed.loses("ams2", "stage")
    with pytest.raises(UnreachableError, match="nothing was switched"):
        deploy(deployed, make_artifact("0.2.0"))
    assert outcomes(deployed) == {"ams1": "unchanged", "ams2": "unchanged"}


def test_staging_that_fails_switches_nothing(deployed: MemoryFleet, make_artifact: Make) -> None:
    deployed.failing = {("ams2", "stage")}
    with pytest.raises(RolledBackError, match="nothing was switched"):
        deploy(deployed, make_artifact("0.2.0"))
    assert not [change for change in deployed.changes() if "stage" not in change]


def test_another_deployer_is_named_and_keeps_its_lock(deployed: MemoryFleet, make_artifact: Make) -> None:
    deployed.hosts["ams2"].held = "token ann@laptop since 2026-01-01T00:00:00Z: rolling 0.2.0"
    with pytest.raises(LockedError, match="ams2 is locked by ann@laptop since 2026") as caught:
        deploy(deployed, make_artifact("0.2.0"))
    assert caught.value.exit_code == 5
    assert (deployed.calls, deployed.hosts["ams1"].held) == ([], None)


def test_a_lock_taken_meanwhile_gives_back_the_others(deployed: MemoryFleet, make_artifact: Make) -> None:
    def steal(host: str, verb: str) -> None:
        if (host, verb) == ("ams2", "lock"):
            deployed.hosts["ams2"].held = "token ann@laptop: rolling"

    deployed.before_call = steal
    with pytest.raises(LockedError):
        deploy(deployed, make_artifact("0.2.0"))
    assert deployed.hosts["ams1"].held is None
    assert deployed.hosts["ams2"].held == "token ann@laptop: rolling"
    assert deployed.changes() == []


def test_ctrl_c_ends_what_has_begun_says_where_everything_stands_and_unlocks(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    def interrupt(host: str, verb: str) -> None:
        if (host, verb) == ("ams1", "restart"):
            deployed.before_call = None
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.3)  # what has begun takes its time

    deployed.before_call = interrupt
    with pytest.raises(
        UnconfirmedError, match=r"interrupted: ams1: unconfirmed, 0.2.0-.*; ams2: unchanged, 0.1.0-"
    ):
        deploy(deployed, make_artifact("0.2.0"))
    assert deployed.changes()[-1] == "ams1: restart courier@1.service"
    assert [host.held for host in deployed.hosts.values()] == [None, None]
    deploy(deployed, make_artifact("0.2.0"))
    assert {host.current for host in deployed.hosts.values()} == {make_artifact("0.2.0").release_id}


def test_a_second_ctrl_c_leaves_what_has_begun_alone(deployed: MemoryFleet, make_artifact: Make) -> None:
    ended = threading.Event()

    def interrupt(host: str, verb: str) -> None:
        if (host, verb) == ("ams1", "restart"):
            deployed.before_call = None
            deployed.targets["ams1"].close = ended.set  # type: ignore[method-assign]
            time.sleep(0.2)  # as over a network: the deployer has come to wait
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.3)
            os.kill(os.getpid(), signal.SIGINT)
            assert ended.wait(10), "the connection was not ended"

    deployed.before_call = interrupt
    with pytest.raises(UnconfirmedError, match="interrupted: ams1: unconfirmed"):
        deploy(deployed, make_artifact("0.2.0"))
    assert [host.held for host in deployed.hosts.values()] == [None, None]


def test_ctrl_c_on_the_way_back_says_where_everything_stands(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    def interrupt(host: str, verb: str) -> None:
        reverted = any(call.startswith("revert") for _, call in deployed.calls)
        if verb == "restart" and reverted:
            deployed.before_call = None
            time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.3)

    deployed.failing = {("0.2.0", "1@ams2")}
    deployed.before_call = interrupt
    with pytest.raises(UnconfirmedError, match="how these stand: ams1, ams2"):
        deploy(deployed, make_artifact("0.2.0"))
    assert set(outcomes(deployed)) == {"ams1", "ams2"}
    assert [host.held for host in deployed.hosts.values()] == [None, None]


def test_ctrl_c_between_two_steps_of_the_way_back_is_told_too(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    def watch(event: Event) -> None:
        deployed.events.append(event)
        if event.text == "revert ams1" and event.kind == "phase":
            raise KeyboardInterrupt

    deployed.failing = {("0.2.0", "1@ams2")}
    fleet = deployed.fleet
    with pytest.raises(UnconfirmedError, match="interrupted: ams1: unconfirmed"):
        rollout.deploy(fleet, fleet.hosts, make_artifact("0.2.0"), on_event=watch, connect=deployed.connect)
    assert set(outcomes(deployed)) == {"ams1", "ams2"}
    assert [host.held for host in deployed.hosts.values()] == [None, None]


def test_restart_touches_one_node_after_the_other_and_nothing_else(deployed: MemoryFleet) -> None:
    rollout.restart(deployed.fleet, deployed.fleet.hosts, deployed.events.append, connect=deployed.connect)
    assert deployed.changes() == [
        f"{host}: restart courier@{number}.service" for host in ("ams1", "ams2") for number in (1, 2)
    ]


def test_a_restart_that_fails_stops_there(deployed: MemoryFleet) -> None:
    deployed.failing = {("0.1.0", "2@ams1")}
    with pytest.raises(UnconfirmedError, match="courier2@ams1"):
        rollout.restart(deployed.fleet, deployed.fleet.hosts, connect=deployed.connect)
    assert deployed.changes()[-1] == "ams1: restart courier@2.service"


def roll_back(memory: MemoryFleet, to: str = "") -> Outcome:
    return rollout.rollback(
        memory.fleet, memory.fleet.hosts, to, memory.events.append, connect=memory.connect
    )


def test_rollback_goes_to_the_release_before(deployed: MemoryFleet, make_artifact: Make) -> None:
    first = make_artifact("0.1.0").release_id
    deploy(deployed, make_artifact("0.2.0"))
    roll_back(deployed)
    assert {host.current for host in deployed.hosts.values()} == {first}
    assert {release for host in deployed.hosts.values() for release in host.running.values()} == {first}


def test_rollback_after_an_interrupted_deploy_leads_every_host_to_what_it_ran(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    first = make_artifact("0.1.0").release_id
    deployed.hosts["ams1"].switch("courier", "0.2.0-abcdef")
    roll_back(deployed)
    assert {host.current for host in deployed.hosts.values()} == {first}


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("", "no earlier release to go back to"),
        ("0.9.0", "no release 0.9.0 on these hosts"),
    ],
)
def test_rollback_to_nowhere_is_refused(deployed: MemoryFleet, to: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        roll_back(deployed, to)
    assert deployed.calls == []


def test_rollback_to_a_version(deployed: MemoryFleet, make_artifact: Make) -> None:
    deploy(deployed, make_artifact("0.2.0"))
    deploy(deployed, make_artifact("0.3.0"))
    roll_back(deployed, "0.1.0")
    assert deployed.hosts["ams1"].current == make_artifact("0.1.0").release_id


def test_every_error_ends_with_an_outcome_for_the_one_who_watches(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    deployed.failing = {("0.2.0", "1@ams1")}
    with pytest.raises(BeamwrightError):
        deploy(deployed, make_artifact("0.2.0"))
    assert [event.kind for event in deployed.events].count("end") == 1
    assert deployed.events[-1].outcome and deployed.events[-1].outcome.as_json()["outcome"] == "reverted"
