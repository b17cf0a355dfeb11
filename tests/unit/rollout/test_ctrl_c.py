"""Ctrl-C in the middle of a roll-out: what has begun ends, and where everything stands is told."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace

import pytest

from beamwright import rollout
from beamwright.errors import UnconfirmedError, UnreachableError
from beamwright.rollout import Event, Options
from beamwright.rollout.crew import Crew
from beamwright.rollout.events import ignore
from beamwright.rollout.lock import locked
from tests.unit.rollout.deploying import Make, deploy, outcomes
from tests.unit.rollout.memory import MemoryFleet


def test_ctrl_c_ends_what_has_begun_says_where_everything_stands_and_unlocks(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    def interrupt() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.3)  # what has begun takes its time

    deployed.once("ams1", "restart", interrupt)
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

    def interrupt() -> None:
        deployed.targets["ams1"].close = ended.set  # type: ignore[method-assign]
        time.sleep(0.2)  # as over a network: the deployer has come to wait
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGINT)
        assert ended.wait(10), "the connection was not ended"

    deployed.once("ams1", "restart", interrupt)
    with pytest.raises(UnconfirmedError, match="interrupted: ams1: unconfirmed"):
        deploy(deployed, make_artifact("0.2.0"))
    assert [host.held for host in deployed.hosts.values()] == [None, None]


def test_ctrl_c_while_the_locks_are_given_back_comes_too_late(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    def interrupt() -> None:
        time.sleep(0.2)  # as over a network: the deployer has come to wait
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.3)

    deployed.once("ams1", "unlock", interrupt)
    assert deploy(deployed, make_artifact("0.2.0")).outcome == "deployed"
    assert [host.held for host in deployed.hosts.values()] == [None, None]


def test_ctrl_c_while_the_last_renewal_is_waited_for_leaves_no_lock(memory: MemoryFleet) -> None:
    renewing, at_end = threading.Event(), threading.Event()

    def hang() -> None:
        renewing.set()
        assert at_end.wait(10)
        time.sleep(0.2)  # the deployer has come to wait
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.3)

    fleet = replace(memory.fleet, deploy=replace(memory.fleet.deploy, lease_seconds=1))
    memory.once("ams1", "renew", hang)
    with Crew(fleet, fleet.hosts, memory.connect) as crew, locked(crew, "rolling", ignore):
        assert renewing.wait(10)
        at_end.set()
    assert [host.held for host in memory.hosts.values()] == [None, None]


def test_a_lock_that_stays_is_told_in_spite_of_ctrl_c(deployed: MemoryFleet, make_artifact: Make) -> None:
    def interrupt(host: str, verb: str) -> None:
        if (host, verb) == ("ams2", "unlock"):
            time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.3)
            raise UnreachableError("ams2: the connection was lost")

    deployed.before_call = interrupt
    assert deploy(deployed, make_artifact("0.2.0")).outcome == "deployed"
    assert [(event.host, event.text) for event in deployed.events if "lock stays" in event.text] == [
        ("ams2", "the lock stays for at most 300 s: ams2: the connection was lost")
    ]


def test_ctrl_c_ends_who_gives_the_locks_back_only_to_wait(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    def steal(host: str, verb: str) -> None:
        if (host, verb) == ("ams2", "lock"):
            deployed.hosts["ams2"].helper = "0" * 64  # by another version, just before that lock
            deployed.hosts["ams2"].fence += 1
        if (host, verb) == ("ams1", "unlock"):
            deployed.before_call = None
            time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.3)

    deployed.before_call = steal
    with pytest.raises(KeyboardInterrupt):
        rollout.deploy(
            deployed.fleet, deployed.fleet.hosts, make_artifact("0.2.0"),
            connect=deployed.connect, options=Options(wait=30),
        )  # fmt: skip
    assert deployed.changes() == []
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
