"""Faults while a deploy goes on, at every step of it or at one that the seed draws."""

from __future__ import annotations

import itertools
import random
import time
from contextlib import nullcontext

import pytest

from tests.e2e.faults import promise
from tests.e2e.faults.blows import KINDS
from tests.e2e.faults.fault import Blow, Fault
from tests.e2e.faults.steps import Step, steps
from tests.e2e.faults.yard import HELPER, Yard

pytestmark = [pytest.mark.e2e, pytest.mark.docker, pytest.mark.fault]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for each blow: every fault at every step, or one of each kind at one that the seed draws."""
    every, seed = metafunc.config.getoption("--faults") == "every", metafunc.config.getoption("--seed")
    places = steps()
    blows = []
    drawn = [random.Random(f"{seed} kind of {kind[0]}").choice(kind) for kind in KINDS]
    for fault in itertools.chain(*KINDS) if every else drawn:
        draw = random.Random(f"{seed} {fault}")
        for step in places if every else (draw.choice(places),):
            host = step.host or draw.choice(("ams1", "ams2"))
            seconds = draw.choice((0.0, draw.uniform(0.0, fault.most_seconds)))
            blows.append(pytest.param(fault, Blow(step, seconds, host), id=f"{fault}-{step}-{seconds:.2f}s"))
    metafunc.parametrize(("fault", "blow"), blows)


def test_a_blow(yard: Yard, fault: Fault, blow: Blow) -> None:
    before = yard.goal.release_id
    yard.next_round()
    if blow.step == Step("host helper"):
        yard.on(blow.host, f"echo '#' >>{HELPER}")
    with yard.linked() if fault.linked else nullcontext(), yard.deploying(at=blow.step) as deployment:
        assert deployment.meet(), deployment.end()
        if blow.seconds:
            deployment.go()
            time.sleep(blow.seconds)
        fault.strike(yard, blow, deployment)
        if not blow.seconds and deployment.process.poll() is None:
            deployment.go()
        if fault.lasts is not None:
            time.sleep(fault.lasts)
            fault.mend(yard, blow)
        told = deployment.end()
    if fault.lasts is None:
        fault.mend(yard, blow)
    yard.boot()
    fault.look(yard, told)
    promise.keep(yard, told, before)
