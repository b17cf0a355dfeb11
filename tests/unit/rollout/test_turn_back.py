"""Roll-outs over hosts in memory that fail: what goes back, in which order, and what is told."""

from __future__ import annotations

import pytest

from beamwright.errors import (
    BeamwrightError,
    ConfigError,
    RolledBackError,
    UnconfirmedError,
    UnreachableError,
)
from beamwright.rollout.failure import Failure
from beamwright.rollout.plan import Action
from beamwright.rollout.verdict import not_confirmed
from tests.unit.rollout.deploying import Make, MakeFleet, deploy, outcomes
from tests.unit.rollout.memory import MemoryFleet


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


def test_all_hosts_are_named_that_are_not_confirmed(deployed: MemoryFleet, make_artifact: Make) -> None:
    deployed.failing = {("ams1", "confirm"), ("ams2", "confirm")}
    with pytest.raises(UnconfirmedError, match="not confirmed on ams1, ams2"):
        deploy(deployed, make_artifact("0.2.0"))
    assert outcomes(deployed) == {"ams1": "unconfirmed", "ams2": "unconfirmed"}


def test_a_host_that_did_not_wait_for_its_confirm_is_not_told_to_run_what_it_shall(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    deployed.once("ams2", "confirm", lambda: deployed.hosts["ams2"].revert("courier"))
    with pytest.raises(
        UnconfirmedError, match="; not confirmed in time, these went back by themselves: ams2"
    ):
        deploy(deployed, make_artifact("0.2.0"))
    assert outcomes(deployed)["ams2"] == "unconfirmed"


def test_hosts_that_wait_beside_one_that_went_back_are_named_too() -> None:
    failure = Failure(Action("ams1", "confirm courier", ("confirm", "courier", "0.2.0-a")), "exit code 1")
    ended = not_confirmed(failure, {"ams1", "ams2"}, {"ams2"})
    assert ended.error.message.endswith("these went back by themselves: ams2; not confirmed: ams1")
    assert ended.bad == {"ams1", "ams2"}
    assert not_confirmed(failure, {}, {}).error.message.endswith("what it shall, and that is confirmed")


def test_a_host_lost_in_its_turn_is_unconfirmed_and_the_others_go_back(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    deployed.loses("ams2", "restart")
    with pytest.raises(UnconfirmedError, match="how these stand: ams2"):
        deploy(deployed, make_artifact("0.2.0"))
    assert outcomes(deployed) == {"ams1": "reverted", "ams2": "unconfirmed"}
    assert deployed.hosts["ams1"].current == make_artifact("0.1.0").release_id


def test_of_a_switch_with_its_restart_that_is_lost_the_first_is_told_everywhere(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    deployed.loses("ams1", "restart")
    with pytest.raises(UnconfirmedError, match=r"ams1: switch courier [^:]*: ams1: the connection was"):
        deploy(deployed, make_artifact("0.2.0"))
    (failed,) = (event for event in deployed.events if event.kind == "fail" and event.host == "ams1")
    assert failed.text.startswith("switch courier ")


def test_the_log_of_a_restart_that_fails_is_its_own(deployed: MemoryFleet, make_artifact: Make) -> None:
    deployed.failing = {("0.2.0", "1@ams1")}
    with pytest.raises(RolledBackError, match=r"restart courier1@ams1 .* exit code 1") as failed:
        deploy(deployed, make_artifact("0.2.0"))
    told = [event.text for event in deployed.events if event.kind == "detail"]
    assert [line for line in (*told, failed.value.detail) if "switched" in line] == []


def test_a_host_that_went_back_at_its_boot_is_not_told_to_be_done(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    def cut_power() -> None:
        deployed.hosts["ams2"].revert("courier")
        deployed.hosts["ams2"].restarts += 1

    deployed.once("ams2", "status", cut_power)
    with pytest.raises(RolledBackError, match="the release before runs again"):
        deploy(deployed, make_artifact("0.2.0"))
    assert outcomes(deployed) == {"ams1": "reverted", "ams2": "reverted"}


def test_what_is_wrong_here_meanwhile_takes_back_too(deployed: MemoryFleet, make_artifact: Make) -> None:
    def lose() -> None:
        raise ConfigError("ssh.key: there is no key any more")

    deployed.once("ams2", "restart", lose)
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


def test_every_error_ends_with_an_outcome_for_the_one_who_watches(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    deployed.failing = {("0.2.0", "1@ams1")}
    with pytest.raises(BeamwrightError):
        deploy(deployed, make_artifact("0.2.0"))
    assert [event.kind for event in deployed.events].count("end") == 1
    assert deployed.events[-1].outcome and deployed.events[-1].outcome.as_json()["outcome"] == "reverted"
