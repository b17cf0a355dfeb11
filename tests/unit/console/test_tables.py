"""Results as tables."""

from __future__ import annotations

import pytest

from beamwright.console import tables
from beamwright.errors import NoAnswerError
from beamwright.rollout import HostState, Plan
from beamwright.rollout.plan import Action, Phase
from beamwright.rollout.status import NodeState, SidecarState
from tests.unit.console.conftest import Printed


@pytest.mark.parametrize(("members", "told"), [(0, "0 members"), (1, "1 member"), (2, "2 members")])
def test_status(plain: Printed, members: int, told: str) -> None:
    node = NodeState("courier1@ams1", "ready", "0.1.0", True, 3, 0)
    lost = NodeState("courier1@ams2", "unknown", "", False, 0, 0)
    hosts = (
        HostState("ams1", "ams", True, "0.1.0-a", None, (node,), SidecarState("active", "4.0.5", members)),
        HostState("ams2", "ams", False, None, None, (lost,), None, NoAnswerError("no connection")),
    )
    tables.show_status(plain.screen, hosts)
    assert [line.split() for line in plain.out.splitlines()[1:]] == [
        ["ams1", "courier1@ams1", "ready", "0.1.0", "3", "0"],
        ["ams1", "rabbitmq", "active", "4.0.5", *told.split()],
        ["ams2", "unreachable"],
    ]


def test_a_plan_without_phases(plain: Printed) -> None:
    tables.show_plan(plain.screen, Plan("rolling", ()))
    assert plain.out.startswith("Nothing to do")


def test_a_plan_says_of_hosts_that_have_their_turn_together_that_they_do(plain: Printed) -> None:
    one, other = Action("ams1", "restart", ("restart",)), Action("ams2", "restart", ("restart",))
    phases = (
        Phase("before", False, (Action("", "hook before", ("hook",), here=True),)),
        Phase("nodes 1/2: ams1", True, (one, one)),
        Phase("nodes 2/2: ams1, ams2", True, (one, other)),
        Phase("sidecars", False, (one, other)),
    )
    tables.show_plan(plain.screen, Plan("rolling", phases))
    assert plain.out.splitlines() == [
        "before",
        "  hook before",
        "nodes 1/2: ams1",
        *["  ams1: restart"] * 2,
        "nodes 2/2: ams1, ams2 (these hosts at once)",
        *["  ams1: restart", "  ams2: restart"],
        "sidecars",
        *["  ams1: restart", "  ams2: restart"],
    ]
