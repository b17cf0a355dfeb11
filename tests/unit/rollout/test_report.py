"""What a host is told to have become, from what was done there and what is on it now."""

from __future__ import annotations

import pytest

from beamwright.fleet import Fleet
from beamwright.rollout.crew import Crew
from beamwright.rollout.executor import Tally
from beamwright.rollout.facts import App, HostFacts
from beamwright.rollout.goal import Goal, Situation
from beamwright.rollout.report import About, stand
from beamwright.transport import FakeTarget

NODE, RABBIT = "courier@1.service", "beamwright-rabbitmq.service"


@pytest.mark.parametrize(
    ("restarted", "wanted", "word"),
    [
        ({RABBIT}, "r2", "unchanged"),
        ({RABBIT, NODE}, "r2", "reverted"),
        ({NODE}, "r2", "reverted"),
        ({RABBIT}, "r1", "deployed"),
        (set(), "r2", "unchanged"),
    ],
    ids=["RabbitMQ alone", "both", "a node", "RabbitMQ, where no more was wanted", "nothing"],
)
def test_a_host_that_runs_what_it_ran(fleet: Fleet, restarted: set[str], wanted: str, word: str) -> None:
    host = fleet.hosts[0]
    now = "helper -\narch x86_64\nsystemd 252\nfree_kb 9000\napp courier\ncurrent r1\nprevious -\n"
    before = {host.name: HostFacts("-", "x86_64", 252, 10**9, {"courier": App("r1")})}
    situation = Situation(fleet, (host,), before, {(host.name, "courier"): Goal(wanted, (NODE,))})
    with Crew(fleet, [host], lambda host: FakeTarget(host.name, lambda _: now)) as crew:
        outcome = stand(crew, situation, About("2"), {host.name: Tally(restarted=restarted)})
    assert [each.outcome for each in outcome.hosts] == [word]
