"""Whole roll-outs over hosts in memory: what was called, in which order, and who else is at work."""

from __future__ import annotations

import pytest

from beamwright import rollout
from beamwright.errors import (
    LockedError,
    UnconfirmedError,
    UnreachableError,
    VerifyError,
)
from beamwright.fleet import Host
from beamwright.rollout import Options
from beamwright.rollout.helper import BROKEN_OFF
from tests.unit.rollout.deploying import Make, MakeFleet, deploy, outcomes
from tests.unit.rollout.memory import MemoryFleet


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


def _deploy_as_many_as_are_kept(deployed: MemoryFleet, make_artifact: Make) -> None:
    deploy(deployed, make_artifact("0.2.0"))
    deploy(deployed, make_artifact("0.3.0"))
    assert not [call for _, call in deployed.calls if call.startswith("prune")]
    deployed.events.clear()
    deployed.calls.clear()


@pytest.mark.parametrize(
    ("code", "why"), [(1, "exit code 1"), (BROKEN_OFF, "ams1: it was broken off on the host")]
)
def test_a_prune_that_fails_is_told_and_fails_nothing(
    deployed: MemoryFleet, make_artifact: Make, code: int, why: str
) -> None:
    _deploy_as_many_as_are_kept(deployed, make_artifact)
    deployed.pruned = {"ams1": code}
    assert deploy(deployed, make_artifact("0.4.0")).outcome == "deployed"
    assert outcomes(deployed) == {"ams1": "deployed", "ams2": "deployed"}
    ended = {(each.host, each.text): each.kind for each in deployed.events if each.kind in ("done", "fail")}
    assert (ended["ams1", "confirm courier"], ended["ams1", "prune courier to 3"]) == ("done", "fail")
    assert ended["ams2", "prune courier to 3"] == "done"
    told = [each.text for each in deployed.events if each.kind == "detail" and each.host == "ams1"]
    assert told[-2:] == ["it can't be removed", f"ams1: prune courier to 3: {why}"]


def test_a_confirm_that_fails_prunes_nothing(deployed: MemoryFleet, make_artifact: Make) -> None:
    _deploy_as_many_as_are_kept(deployed, make_artifact)
    deployed.failing = {("ams1", "confirm"), ("ams2", "confirm")}
    with pytest.raises(UnconfirmedError, match="confirm courier: exit code 1"):
        deploy(deployed, make_artifact("0.4.0"))
    assert not [call for _, call in deployed.calls if call.startswith("prune")]


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


def test_a_host_that_is_down_is_named_and_nothing_is_changed(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    deployed.hosts["ams2"].down = True
    with pytest.raises(UnreachableError, match="ams2"):
        deploy(deployed, make_artifact("0.2.0"))
    assert deployed.calls == []


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
