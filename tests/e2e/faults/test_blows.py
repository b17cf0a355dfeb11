"""Faults while a deploy goes on, at every step of it or at one that the seed draws."""

from __future__ import annotations

import itertools
import random

import pytest

from tests.e2e.faults import blows
from tests.e2e.faults.blows import KINDS
from tests.e2e.faults.fault import Blow, Fault
from tests.e2e.faults.steps import steps
from tests.e2e.faults.yard import Yard

pytestmark = [pytest.mark.e2e, pytest.mark.docker, pytest.mark.fault]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for each blow: every fault at every step, or one of each kind at one that the seed draws."""
    every, seed = metafunc.config.getoption("--faults") == "every", metafunc.config.getoption("--seed")
    struck = []
    drawn = [random.Random(f"{seed} kind of {kind[0]}").choice(kind) for kind in KINDS]
    for fault in itertools.chain(*KINDS) if every else drawn:
        draw = random.Random(f"{seed} {fault}")
        places = steps(draw)
        for step in places if every else (draw.choice(places),):
            host = step.host or draw.choice(("ams1", "ams2"))
            seconds = draw.choice((0.0, draw.uniform(0.0, fault.most_seconds)))
            struck.append(pytest.param(fault, Blow(step, seconds, host), id=f"{fault}-{step}-{seconds:.2f}s"))
    metafunc.parametrize(("fault", "blow"), struck)


def test_a_blow(yard: Yard, fault: Fault, blow: Blow) -> None:
    blows.survive(yard, fault, blow)
