"""When a cluster is whole, as tables: what nodes say in, what is missing out."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from beamwright.rollout.cluster import Dispensable, Members, Watched, Whole, _mutual, parse_members
from beamwright.rollout.plan import Lack


def answer(
    *,
    ready: bool = True,
    state: str = "active",
    peers: int = 3,
    expected: int = 3,
    missing: Sequence[str] = (),
    restarts: int = 1,
) -> str:
    said = {"version": "1", "state": "ready" if ready else "starting", "ready": ready, "peers": peers}
    status = json.dumps({**said, "expected": expected, "missing": list(missing)})
    unit = f"show Id=courier@1.service\nshow ActiveState={state}\nshow NRestarts={restarts}\n"
    return f"{unit}show StatusText={status}\nshow \n"


WHOLE = Whole((Watched("courier@1.service", "a@h", 1),), frozenset({"a@h", "b@h", "c@i", "d@i"}))


@pytest.mark.parametrize(
    ("said", "lack"),
    [
        (answer(), ""),
        (answer(peers=2, missing=["c@i"]), "a@h does not see c@i"),
        (answer(peers=3, expected=4, missing=["not_started@j"]), ""),
        (answer(ready=False), "a@h is starting"),
        (answer(state="activating"), "a@h is not ready"),
        (answer(peers=2, expected=9, missing=["x@j"]), "a@h sees 2 of 3 peers"),
        (answer(peers=3, expected=9, missing=["x@j"]), ""),
        ("", "a@h is not ready"),
        (
            "show Id=courier@1.service\nshow ActiveState=active\nshow StatusText=hello\nshow \n",
            "a@h is not ready",
        ),
    ],
    ids=[
        "whole",
        "one missing",
        "one not started",
        "starting",
        "restarting",
        "cut short",
        "enough",
        "absent",
        "other",
    ],
)
def test_whole(said: str, lack: str) -> None:
    assert WHOLE(said) == (Lack(lack) if lack else None)


@pytest.mark.parametrize("state", ["failed", "inactive"])
def test_a_node_that_nobody_will_start_again_is_not_waited_for(state: str) -> None:
    assert WHOLE(answer(state=state)) == Lack(f"a@h has ended: its unit is {state}", final=True)


def test_one_more_restart_is_a_crash_and_final() -> None:
    assert WHOLE(answer(restarts=2)) == Lack("a@h crashed: systemd has restarted it", final=True)


@pytest.mark.parametrize(
    ("missing", "mutual"),
    [
        ({}, set()),
        ({"a": set(), "b": set()}, {"a", "b"}),
        ({"a": {"c"}, "b": {"c"}, "c": {"a", "b"}}, {"a", "b"}),
        ({"a": {"c"}, "b": {"c"}, "c": set()}, {"a", "b"}),
        ({"a": {"x"}, "b": set()}, {"a", "b"}),
    ],
    ids=["none", "whole", "one cut off", "one way", "not there at all"],
)
def test_nodes_that_see_each_other(missing: dict[str, set[str]], mutual: set[str]) -> None:
    assert _mutual({node: frozenset(lacks) for node, lacks in missing.items()}) == mutual


def test_members_are_hosts() -> None:
    said = json.dumps({"running_nodes": ["rabbit@ams1", "rabbit@ams2"]})
    assert parse_members(said) == {"ams1", "ams2"}
    assert Members(frozenset({"ams1", "ams3"}))(said) == Lack("RabbitMQ does not see ams3 at work")
    assert Members(frozenset({"ams1"}))(said) is None


def test_a_member_that_has_sent_its_clients_away_is_not_at_work() -> None:
    statuses = {"rabbit@ams1": "not under maintenance", "rabbit@ams2": "marked for maintenance"}
    said = {"running_nodes": list(statuses), "maintenance_status": statuses}
    assert parse_members(json.dumps(said)) == {"ams1"}


def test_a_rabbitmq_that_a_majority_needs_does_not_stop() -> None:
    assert Dispensable("ams1")("0 \n") is None
    assert Dispensable("ams1")("0 it does not answer\n") is None
    lack = Dispensable("ams1")("69 queue 'q' will become unavailable\n")
    assert lack == Lack("a majority needs RabbitMQ on ams1: queue 'q' will become unavailable")
    assert Dispensable("ams1")("") is not None


@pytest.mark.parametrize(
    "said", ["", "Error: unable to perform an operation", "{}", "[]", '{"running_nodes": 3}']
)
def test_no_answer_is_no_member(said: str) -> None:
    assert parse_members(said) == frozenset()
