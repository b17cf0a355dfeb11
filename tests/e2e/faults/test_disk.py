"""Faults of where it is put: it is told clearly, and what runs goes on."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.faults import disk, promise
from tests.e2e.faults.conftest import Kept
from tests.e2e.faults.steps import Step
from tests.e2e.faults.yard import Yard

pytestmark = [pytest.mark.e2e, pytest.mark.docker, pytest.mark.fault]

HOSTS = ("ams1", "ams2")
Act = Callable[[Yard, str], None]


@dataclass(frozen=True)
class Fault:
    """What becomes of a host's disk at one of the steps, and what has to be told of it (a pattern)."""

    name: str
    strike: Act
    mend: Act
    says: str
    where: str = disk.OPT


FAULTS = (
    Fault("no space", disk.fill, disk.mend, "no space left|MiB free"),
    Fault("no inodes", disk.use_up, disk.mend, "inodes"),
    Fault("read-only", disk.freeze, disk.mend, "Read-only file system"),
    Fault("read-only etc", disk.freeze_etc, disk.thaw_etc, "Read-only file system", "/etc"),
)
STEPS = ("look", "stage", "install", "switch", "restart", "cluster", "confirm")
"""Where it strikes, by the first word of the action: `look` is before all of them."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for each fault, at a step and on a host that the seed draws, or at each step."""
    every, seed = metafunc.config.getoption("--faults") == "every", metafunc.config.getoption("--seed")
    tests = []
    for fault in FAULTS:
        draw = random.Random(f"{seed} {fault.name}")
        for step in STEPS if every else (draw.choice(STEPS),):
            host = draw.choice(HOSTS)
            tests.append(pytest.param(fault, step, host, id=f"{fault.name}-{step}-{host}"))
    metafunc.parametrize(("fault", "step", "name"), tests)


@pytest.fixture(scope="module")
def on_small_disk(kept: Kept) -> Iterator[Act]:
    """Moves a host onto a disk that can be filled; back at the end of these tests."""
    moved = list[tuple[Yard, str]]()

    def move(yard: Yard, host: str) -> None:
        if not any(there is yard and name == host for there, name in moved):
            disk.move(yard, host)
            moved.append((yard, host))

    yield move
    for yard, host in moved:
        if yard is kept.get():
            disk.move_back(yard, host)


def test_a_disk_that_fails(yard: Yard, on_small_disk: Act, fault: Fault, step: str, name: str) -> None:
    on_small_disk(yard, name)
    before = yard.goal.release_id
    yard.next_round()
    with yard.deploying(at=_place(step, name)) as deployment:
        assert deployment.meet(), deployment.end()
        fault.strike(yard, name)
        disk.demand_no_room(yard, name, fault.where)
        deployment.go()
        told = deployment.end()
    fault.mend(yard, name)
    assert told.code in (0, 2, 4, 6, 7), told
    assert told.code == 0 or re.search(fault.says, str(told)), told
    promise.keep(yard, told, before)


def _place(step: str, host: str) -> Step:
    """Where in the deploy that is."""
    if step in ("look", "confirm", "stage"):
        return Step(step, "" if step == "look" else host, "" if step == "look" else step)
    return Step(f"nodes {HOSTS.index(host) + 1}/{len(HOSTS)}: {host}", host, step)
