"""Results as tables."""

from __future__ import annotations

from beamwright.console import tables
from beamwright.errors import NoAnswerError
from beamwright.rollout import HostState, Plan
from beamwright.rollout.status import NodeState, SidecarState
from tests.unit.console.conftest import Printed


def test_status(plain: Printed) -> None:
    node = NodeState("courier1@ams1", "ready", "0.1.0", True, 3, 0)
    lost = NodeState("courier1@ams2", "unknown", "", False, 0, 0)
    hosts = (
        HostState("ams1", "ams", True, "0.1.0-a", None, (node,), SidecarState("active", "4.0.5", 2)),
        HostState("ams2", "ams", False, None, None, (lost,), None, NoAnswerError("no connection")),
    )
    tables.show_status(plain.screen, hosts)
    assert [line.split() for line in plain.out.splitlines()[1:]] == [
        ["ams1", "courier1@ams1", "ready", "0.1.0", "3", "0"],
        ["ams1", "rabbitmq", "active", "4.0.5", "2", "members"],
        ["ams2", "unreachable"],
    ]


def test_a_plan_without_phases(plain: Printed) -> None:
    tables.show_plan(plain.screen, Plan("rolling", ()))
    assert plain.out.startswith("Nothing to do")
