"""Which hosts have their turn at once: sizes, data centres, and nodes that stay ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet
from beamwright.rollout import playbook
from beamwright.rollout.cluster import Whole
from beamwright.rollout.facts import App, HostFacts, NodeStatus, Unit
from beamwright.rollout.goal import Goal, Situation, node_unit
from beamwright.rollout.nodes import cluster_whole, rest_whole, roll_nodes
from beamwright.rollout.plan import plan

MakeFleet = Callable[..., Fleet]


@pytest.fixture
def wide(make_fleet: MakeFleet) -> Callable[..., Fleet]:
    """Eight hosts ams1 to ams8 and two fra1, fra2, one node each, with lines for [deploy]."""

    def make(deploy: str, count: int = 1) -> Fleet:
        more = "".join(f'[clusters.ams.hosts.ams{n}]\naddress = "10.0.0.{n}"\n' for n in range(3, 9))
        more += "".join(f'[clusters.fra.hosts.fra{n}]\naddress = "10.0.1.{n}"\n' for n in (1, 2))
        return make_fleet(
            ("soak_seconds = 0", deploy),
            ("count = 2", f"count = {count}"),
            ('address = "10.0.0.2"\n', f'address = "10.0.0.2"\n{more}'),
        )

    return make


def rolled(fleet: Fleet, hosts: str = "", down: str = "") -> Situation:
    """r2 is wanted on `hosts` (words); there all nodes run r1 and are ready, but for those of `down`."""
    chosen = tuple(host for host in fleet.hosts if not hosts or host.name in hosts.split())
    missing = tuple(node.name for host in fleet.hosts if host not in chosen for node in host.nodes)
    ready = Unit("", "active", True, 0, "r1", NodeStatus("1", "ready", True, 0, len(missing), missing))
    facts, goals = dict[str, HostFacts](), dict[tuple[str, str], Goal]()
    for host in chosen:
        units = {
            unit: replace(ready, name=unit, state="failed" if host.name in down.split() else "active")
            for node in host.nodes
            for unit in (node_unit(fleet, node.number),)
        }
        facts[host.name] = HostFacts("-", "x86_64", 252, 10**9, {"courier": App("r1", units=units)})
        goals[host.name, "courier"] = Goal("r2", tuple(units))
    return Situation(fleet, chosen, facts, goals)


def batches(situation: Situation) -> list[str]:
    """The hosts that are restarted at once, batch after batch."""
    found: dict[str, list[str]] = {}
    for action in roll_nodes(situation):
        if action.verb[0] == "restart":
            found.setdefault(action.batch, []).append(action.host)
    return [" ".join(dict.fromkeys(hosts)) for hosts in found.values()]


ALL = "ams2 ams3 ams4 ams5 ams6 ams7 ams8"
NONE = 'min_ready = "0"\n'


@pytest.mark.parametrize(
    ("deploy", "wanted"),
    [
        ("", ["ams1", *ALL.split(), "fra1", "fra2"]),
        (
            'min_ready = "50%"\nbatch = "1,25%,100%"',
            ["ams1", "ams2 ams3", "ams4 ams5 ams6 ams7", "ams8", "fra1", "fra2"],
        ),
        (NONE + 'batch = "1,25%,100%"', ["ams1", "ams2 ams3", "ams4 ams5 ams6 ams7 ams8", "fra1", "fra2"]),
        (NONE + 'batch = "100%"', ["ams1", ALL, "fra1", "fra2"]),
        (NONE + 'batch = "3"', ["ams1", "ams2 ams3 ams4", "ams5 ams6 ams7", "ams8", "fra1", "fra2"]),
        ('batch = "100%"\nmin_ready = "7"', None),
        ('batch = "100%"\nmin_ready = "1"', ["ams1", ALL, "fra1", "fra2"]),
    ],
    ids=["one by one", "canary, then halves", "canary", "all", "threes", "too many", "one stays"],
)  # fmt: skip
def test_sizes_and_clusters(wide: Callable[..., Fleet], deploy: str, wanted: list[str] | None) -> None:
    situation = rolled(wide(deploy))
    if wanted is None:  # two hosts can't keep seven nodes ready
        with pytest.raises(ConfigError, match="cluster fra: 2 of 2 nodes are ready"):
            batches(situation)
    else:
        assert batches(situation) == wanted


def test_what_is_down_has_its_turn_first_and_may_have_it_whatever_is_to_stay_ready(
    wide: Callable[..., Fleet],
) -> None:
    fleet = wide('batch = "100%"\nmin_ready = "75%"')
    assert batches(rolled(fleet, "ams1 ams2 ams3 ams4 ams5 ams6 ams7 ams8", "ams5 ams6 ams7"))[:2] == [
        "ams5",
        "ams6 ams7",
    ]


def test_hosts_that_are_not_chosen_and_not_seen_do_not_count_as_ready(wide: Callable[..., Fleet]) -> None:
    fleet = wide('min_ready = "50%"')
    with pytest.raises(
        ConfigError, match=r'cluster ams: 3 of 8 nodes are ready .* "50%" keeps 4: .*ams1'
    ) as caught:
        batches(rolled(fleet, "ams1 ams2 ams3", "ams3"))
    assert "lower deploy.min_ready" in caught.value.hint


def expectations(situation: Situation) -> Mapping[str, list[tuple[str, int, float]]]:
    """Batch → (host, how many nodes it waits for, for how long they have to stay)."""
    found: dict[str, list[tuple[str, int, float]]] = {}
    for action in roll_nodes(situation):
        if isinstance(action.until, Whole):
            found.setdefault(action.batch, []).append((action.host, len(action.until.expected), action.hold))
    return found


def test_a_host_alone_is_healthy_at_its_end_and_hosts_at_once_wait_for_each_other_at_theirs(
    wide: Callable[..., Fleet],
) -> None:
    fleet = wide(NONE + 'batch = "2"\nsoak_seconds = 9', count=2)
    assert expectations(rolled(fleet, "ams1 ams2 ams3")) == {
        "1/2: ams1": [("ams1", 6, 0.0), ("ams1", 6, 9.0)],
        "2/2: ams2, ams3": [("ams2", 4, 0.0), ("ams3", 4, 0.0)],
        "2/2: ams2, ams3, healthy": [("ams2", 6, 9.0), ("ams3", 6, 9.0)],
    }


@pytest.mark.parametrize(
    ("hosts", "asked"), [("ams1 ams2 ams3", "ams1"), ("ams1 ams2 fra1 fra2", "ams1 ams2 fra1")]
)
def test_all_are_asked_for_their_cluster_at_the_end_but_for_those_that_have_just_said_it(
    wide: Callable[..., Fleet], hosts: str, asked: str
) -> None:
    found = rolled(wide('batch = "100%"\nmin_ready = "0"'), hosts)
    assert [action.host for action in rest_whole(found)] == asked.split()
    assert [action.host for action in cluster_whole(found)] == hosts.split()
    after_hook = replace(found, hooks={"after-host": Path("hooks/after-host")})
    assert [action.host for action in rest_whole(after_hook)] == hosts.split()


@pytest.mark.parametrize("name", ["rolling", "restart", "rollback"])
def test_nothing_comes_between_the_nodes_and_those_that_are_not_asked_again(fleet: Fleet, name: str) -> None:
    decide = [step.decide for step in playbook.load(name, fleet.folder).steps]
    assert decide[decide.index(rest_whole) - 1] is roll_nodes


def test_phases_of_a_plan_with_pauses(wide: Callable[..., Fleet]) -> None:
    fleet = wide('batch = "8"\nmin_ready = "0"\npause_seconds = 30')
    names = [phase.name for phase in plan(rolled(fleet), playbook.load("rolling", fleet.folder)).phases]
    assert names == [
        "nodes 1/4: ams1",
        "nodes pause before 2/4",
        "nodes 2/4: 7 hosts of ams",
        "nodes 2/4: 7 hosts of ams, healthy",
        "nodes pause before 3/4",
        "nodes 3/4: fra1",
        "nodes pause before 4/4",
        "nodes 4/4: fra2",
        "cluster",
        "confirm",
    ]
