"""Faults of what runs: the release before comes back, on every host, or it is told which host is not well."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from tests.e2e.faults import promise
from tests.e2e.faults.steps import Step
from tests.e2e.faults.yard import HELPER, UNIT, Yard

pytestmark = [pytest.mark.e2e, pytest.mark.docker, pytest.mark.fault]

HOSTS = ("ams1", "ams2")
PORT = 9101
BACK, UNWELL, FINE = 6, 7, 0
"""Exit codes: the release before runs; a person has to look; it went well all the same."""

Act = Callable[[Yard, str], object]


@dataclass(frozen=True)
class Fault:
    """A node that misbehaves on one host: by its environment, or by what is done to it at a step."""

    name: str
    code: int
    says: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    node: Mapping[str, str] = field(default_factory=dict)
    deploy: Mapping[str, str] = field(default_factory=dict)
    step: str = ""
    strike: Act = lambda yard, host: None
    mend: Act = lambda yard, host: None


def hang(yard: Yard, host: str) -> None:
    """The VM is there, and does nothing any more."""
    yard.on(host, f"kill -STOP $(systemctl show --property=MainPID --value {UNIT})")


def refuse_to_stop(yard: Yard, host: str) -> None:
    """The node that runs now will not end by itself."""
    yard.on(host, f'echo \'os:putenv("BOLT_STOP", "hang").\' | {HELPER} rpc bolt 1')


def squat(yard: Yard, host: str) -> None:
    """Takes the distribution port as soon as the node lets go of it."""
    listen = f"IO::Socket::INET->new(Listen=>1,LocalPort=>{PORT},ReuseAddr=>1)"
    program = f"use IO::Socket::INET; until ($s = {listen}) {{ select undef, undef, undef, 0.002 }} sleep"
    yard.on(host, f"systemd-run --quiet --collect --unit=squatter perl -e '{program}'")


def evict(yard: Yard, host: str) -> None:
    """The port is free again."""
    yard.on(host, "systemctl stop squatter")


def lose_secret(yard: Yard, host: str) -> None:
    """A credential is gone when the node starts."""
    yard.on(host, "rm /etc/beamwright/bolt/secrets/cookie")


def empty_secret(yard: Yard, host: str) -> None:
    """It is there, and nothing in it."""
    yard.on(host, ": >/etc/beamwright/bolt/secrets/cookie")


SOON = {"start_seconds": "5"}
ASKED = {"health": '{ interval = 1, call = "bolt:health" }'}
FAULTS = (
    Fault("crash loop", BACK, "restart bolt1@", {"BOLT_START": "crash"}),
    Fault("start that hangs", BACK, "restart bolt1@", {"BOLT_START": "hang"}, SOON),
    Fault("health check that fails", BACK, "restart bolt1@", {"BOLT_HEALTH": "bad"}, SOON | ASKED),
    Fault(
        "READY, then restarts", BACK, "crashed", {"BOLT_LIFE": "500"}, ASKED,
        deploy={"soak_seconds": "3"},
    ),
    Fault(
        "READY, then dead", BACK, "has ended", {"BOLT_LIFE": "500", "BOLT_EXIT": "0"}, ASKED,
        deploy={"soak_seconds": "3"},
    ),
    Fault(
        "hung VM", BACK, "crashed", deploy={"soak_seconds": "5"}, step="cluster", strike=hang,
        node={"watchdog_seconds": "3", "health": "{ interval = 1, timeout = 1 }"},
    ),
    Fault("stop that hangs", FINE, node={"stop_seconds": "2"}, step="install", strike=refuse_to_stop),
    Fault("port taken", UNWELL, node=SOON, step="restart", strike=squat, mend=evict),
    Fault("secret missing", UNWELL, step="restart", strike=lose_secret),
    Fault("secret empty", UNWELL, node=SOON, step="restart", strike=empty_secret),
)  # fmt: skip


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for each fault, on a host that the seed draws, or on each."""
    every, seed = metafunc.config.getoption("--faults") == "every", metafunc.config.getoption("--seed")
    metafunc.parametrize(
        ("fault", "name"),
        [
            pytest.param(fault, host, id=f"{fault.name}-{host}")
            for fault in FAULTS
            for host in (HOSTS if every else (random.Random(f"{seed} {fault.name}").choice(HOSTS),))
        ],
    )


def test_a_node_that_misbehaves(yard: Yard, fault: Fault, name: str) -> None:
    before = yard.goal.release_id
    yard.next_round()
    _write(yard, fault, name)
    number = HOSTS.index(name) + 1
    step = Step(f"nodes {number}/{len(HOSTS)}: {name}", name, fault.step) if fault.step else None
    with yard.deploying(at=step) as deployment:
        if step:
            assert deployment.meet(), deployment.end()
            fault.strike(yard, name)
            deployment.go()
        told = deployment.end()
    fault.mend(yard, name)
    yard.write()
    assert (told.code, fault.says in told.error) == (fault.code, True), told
    assert fault.code == FINE or name in told.error, told
    promise.keep(yard, told, before)


def _write(yard: Yard, fault: Fault, host: str) -> None:
    """The fleet file in which that host's nodes have another environment than the others."""
    yard.write(node=dict(fault.node), deploy=dict(fault.deploy))
    variables = ", ".join(f'{name} = "{value}"' for name, value in fault.env.items())
    text, plain = yard.file.read_text("utf-8"), f"{host} = {{}}\n"
    assert text.count(plain) == 1
    own = f"{host} = {{ node = {{ env = {{ {variables} }} }} }}\n"
    yard.file.write_text(text.replace(plain, own), "utf-8")
