"""Two deployers at once: one works, the other one is told who does, or waits; whatever the step."""

from __future__ import annotations

import random

import pytest

from beamwright.rollout.lock import holder
from tests.e2e.faults import promise
from tests.e2e.faults.steps import BEFORE, Step, steps
from tests.e2e.faults.yard import HELPER, PATIENCE, Yard

pytestmark = [pytest.mark.e2e, pytest.mark.docker, pytest.mark.fault]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """At every step, or at one that the seed draws."""
    if "step" in metafunc.fixturenames:
        every, seed = metafunc.config.getoption("--faults") == "every", metafunc.config.getoption("--seed")
        draw = random.Random(f"{seed} two deployers")
        places = steps(draw)
        metafunc.parametrize("step", places if every else (draw.choice(places),), ids=str)


def test_two_deployers(yard: Yard, step: Step) -> None:
    """The second one is refused while the first has the lock; one that waits finds all done."""
    before = yard.goal.release_id
    yard.next_round()
    if step == Step("host helper"):
        yard.on("ams1", f"echo '#' >>{HELPER}")
    with yard.deploying(at=step) as first:
        assert first.meet(), first.end()
        refused = yard.deploy()
        if step in BEFORE:
            assert refused.code == 0, refused
        else:
            assert refused.code == 5, refused
            assert f"is locked by {holder()} since " in refused.error, refused
            assert f": rolling {yard.goal.version};" in refused.error, refused
        with yard.deploying(wait=PATIENCE) as second:
            first.go()
            waited, told = second.end(), first.end()
    assert told.code == 0, told
    assert waited.code == 0, waited
    promise.keep(yard, told, before)


def test_a_changed_host_key_is_refused_before_anything_is_changed(yard: Yard) -> None:
    before = yard.goal.release_id
    yard.next_round()
    known_hosts = yard.fleet.ssh.known_hosts
    right = known_hosts.read_text("utf-8")
    first, second = (line.split() for line in right.splitlines())
    known_hosts.write_text(f"{first[0]} {' '.join(second[1:])}\n{' '.join(second)}\n", "utf-8")
    told = yard.deploy()
    known_hosts.write_text(right, "utf-8")
    assert told.code == 4, told
    assert "has CHANGED" in told.error, told
    assert not any(facts.lease for facts in yard.facts().values())
    promise.keep(yard, told, before)
