"""What a host does by itself: it goes back when nobody confirms, says so, and takes only what it lacks."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import docker
import pytest
from docker.models.containers import Container

from beamwright import rollout
from beamwright.local.container import owned
from beamwright.rollout.crew import Crew
from tests.e2e.test_rollout import change, in_the_middle, is_settled, settled
from tests.road import Road

__all__ = ["settled"]

pytestmark = [pytest.mark.e2e, pytest.mark.docker]

LEASE = 20


@contextmanager
def short_lease(road: Road) -> Iterator[None]:
    """Deployers that are not heard of for LEASE seconds are dead."""
    road.edit("fleet.toml", "soak_seconds = 1", f"soak_seconds = 1\nlease_seconds = {LEASE}")
    try:
        yield
    finally:
        road.edit("fleet.toml", f"\nlease_seconds = {LEASE}", "")


def wait_until(what: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(1)


def container(road: Road, name: str) -> Container:
    client = docker.from_env()
    return next(each for each in owned(client, road.fleet) if each.attrs["Config"]["Hostname"] == name)


def journal(road: Road, name: str) -> str:
    return road.ssh(name, "sudo /opt/beamwright/host history courier")


def moods(road: Road) -> set[str]:
    """Whether the nodes' environment is the changed one, on every host."""
    command = "cat /etc/beamwright/courier/*.env | grep -c MOOD || true"
    return {road.ssh(host.name, command).strip() for host in road.fleet.hosts}


def test_what_a_dead_deployer_did_not_confirm_goes_back_by_itself(road: Road) -> None:
    with short_lease(road):
        change(road)
        with in_the_middle(road, "deploy") as deployer:
            deployer.kill()
        assert not is_settled(road)
        wait_until(lambda: moods(road) == {"0"} and is_settled(road), LEASE + 60)
    assert "not confirmed in time: going back" in journal(road, "ams1")
    deeds = [deed for deed in road.json("history") if deed["host"] == "ams1"]
    assert deeds[-2]["outcome"] == "not ended"
    assert deeds[-1]["who"] == "host" and "not confirmed in time: going back" in deeds[-1]["steps"]


def test_a_host_that_loses_power_in_the_middle_is_back_before_its_nodes_start(road: Road) -> None:
    change(road)
    with in_the_middle(road, "deploy") as deployer:
        deployer.kill()
        machine = container(road, "ams1")
        machine.kill()
    machine.start()
    wait_until(lambda: answers(road, "ams1"), 60)
    assert road.ssh("ams1", "cat /etc/beamwright/courier/1.env | grep -c MOOD || true").strip() == "0"
    assert "reverted to" in journal(road, "ams1").splitlines()[-1]
    road.invoke("lock.release", "--yes")
    wait_until(lambda: len(ready(road, "ams1")) == 2, 90)


def answers(road: Road, name: str) -> bool:
    return next(host for host in rollout.status(road.fleet, road.fleet.hosts) if host.name == name).reachable


def ready(road: Road, name: str) -> list[str]:
    host = next(host for host in rollout.status(road.fleet, road.fleet.hosts) if host.name == name)
    return [node.name for node in host.nodes if node.ready]


def test_a_session_that_is_killed_in_the_middle_of_a_restart_changes_nothing(road: Road) -> None:
    change(road)
    with in_the_middle(road, "deploy") as deployer:
        for host in road.fleet.hosts:
            container(road, host.name).exec_run(["pkill", "-9", "-f", "sshd: deploy"])
        told, _ = deployer.communicate(timeout=300)
    assert deployer.returncode == 0, told
    assert is_settled(road) and moods(road) == {"2"}


def test_a_change_of_one_module_is_kilobytes(road: Road) -> None:
    road.edit("courier/lib/courier/application.ex", "def start(_type, _args) do\n", "def start(_, _) do\n")
    try:
        road.release("0.1.5")
        outcome = road.json("deploy", "--yes")
        assert max(host["bytes_sent"] for host in outcome["hosts"]) < 100_000, outcome
        for host in outcome["hosts"]:
            road.ssh(host["name"], f"sudo /opt/beamwright/host check courier {host['to']}")
        road.invoke("rollback", "--yes")
    finally:
        # The fleet is others' too: its newest build is the one that it runs again.
        shutil.rmtree(road.folder / "dist/courier-0.1.5")
        road.edit(
            "courier/lib/courier/application.ex", "def start(_, _) do\n", "def start(_type, _args) do\n"
        )


def test_a_user_who_may_call_the_helper_alone_can_roll_out(road: Road) -> None:
    everything = "/etc/sudoers.d/deploy"
    road.invoke("bootstrap", "--yes")
    for host in road.fleet.hosts:
        road.ssh(host.name, f"sudo cp -p {everything} /root/sudoers && sudo rm {everything}")
    try:
        with pytest.raises(AssertionError):
            road.ssh("ams1", "sudo -n true")
        hosts = road.fleet.hosts
        told = road.invoke("restart", "--yes").stderr
        unseen = told.partition("not looked at on ams1, ams2, where sudo allows the helper alone: ")[2]
        assert "test_only_root_reads_the_secrets" in unseen.partition("\n")[0]
        verdict = road.json("verify")
        assert verdict["ok"] and verdict["passed"] >= 20, verdict
        assert {name.partition("[")[2] for name in verdict["unseen"]} == {"ssh://ams1]", "ssh://ams2]"}
        with Crew(road.fleet, hosts) as crew:
            for host in hosts:
                crew.run(host, crew.helper.upgrade())
    finally:
        for host in road.fleet.hosts:
            container(road, host.name).exec_run(["cp", "-p", "/root/sudoers", everything])
