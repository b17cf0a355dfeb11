"""When a cluster is whole: every node that runs, or has been started, sees every other one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from beamwright.fleet import Host
from beamwright.rollout.facts import Unit, parse_status
from beamwright.rollout.goal import SIDECAR, Situation, node_unit
from beamwright.rollout.plan import Lack

_ENDED = ("inactive", "failed")
"""States of a unit that it leaves only when somebody starts it (systemd.unit(5))."""


@dataclass(frozen=True)
class Watched:
    """A node whose unit had `restarts` restarts by systemd; one more is a crash."""

    unit: str
    node: str
    restarts: int = 0


@dataclass(frozen=True)
class Whole:
    """Asks the answer of `status`: are the nodes ready, joined to all of `expected`, and has none crashed?"""

    nodes: tuple[Watched, ...]
    expected: frozenset[str]

    def __call__(self, answer: str) -> Lack | None:
        """What is missing; a crash is final, and an end that systemd makes nothing of."""
        units = parse_status(answer)
        found = [(watched, units.get(watched.unit)) for watched in self.nodes]
        for watched, unit in found:
            if unit and unit.restarts > watched.restarts:
                return Lack(f"{watched.node} crashed: systemd has restarted it", final=True)
            if unit and unit.state in _ENDED:
                return Lack(f"{watched.node} has ended: its unit is {unit.state}", final=True)
        lacks = [lack for watched, unit in found if (lack := self._lack(unit, watched.node))]
        return Lack("; ".join(lacks)) if lacks else None

    def _lack(self, unit: Unit | None, node: str) -> str:
        status = unit.status if unit else None
        if not unit or not unit.ready or not status:
            return f"{node} is {status.state if status and not status.ready else 'not ready'}"
        absent = self.expected & set(status.missing)
        # `missing` may be cut short; a count can't, and only nodes that run can be counted.
        if status.peers + len(status.missing) < status.expected and status.peers < len(
            self.expected - {node}
        ):
            return f"{node} sees {status.peers} of {len(self.expected - {node})} peers"
        return f"{node} does not see {', '.join(sorted(absent))}" if absent else ""


@dataclass(frozen=True)
class Members:
    """Asks the answer of `members`: does RabbitMQ run on all of `expected` (hosts) as one cluster?"""

    expected: frozenset[str]

    def __call__(self, answer: str) -> Lack | None:
        """What is missing."""
        absent = self.expected - parse_members(answer)
        return Lack(f"RabbitMQ does not see {', '.join(sorted(absent))} at work") if absent else None


@dataclass(frozen=True)
class Dispensable:
    """Asks the answer of `critical`: does every queue keep its majority without the RabbitMQ of `host`?"""

    host: str

    def __call__(self, answer: str) -> Lack | None:
        """What would be lost."""
        code, _, said = answer.strip().partition(" ")
        return None if code == "0" else Lack(f"a majority needs RabbitMQ on {self.host}: {said.strip()}")


def parse_members(answer: str) -> frozenset[str]:
    """The hosts whose RabbitMQ serves in this cluster, from `rabbitmqctl cluster_status --formatter json`."""
    try:
        status = json.loads(answer)
        serving = set(status["running_nodes"]) - _drained(status.get("maintenance_status", {}))
        return frozenset(str(name).rpartition("@")[2] for name in serving)
    except (ValueError, KeyError, TypeError, AttributeError):
        return frozenset()


def _drained(maintenance: Mapping[str, str]) -> set[str]:
    """Those that run, and have sent their clients away."""
    return {name for name, status in maintenance.items() if status != "not under maintenance"}


def joined_nodes(situation: Situation) -> frozenset[str]:
    """The nodes that are there before anything is done, and that see each other.

    Those of the hosts looked at say so themselves; of the others, those that one of these is joined to. A
    node that is ready but cut off is none of them: waiting for it would keep out the release that mends it.
    """
    fleet, missing, elsewhere = situation.fleet, dict[str, frozenset[str]](), set[str]()
    others = _others(situation)
    for host in situation.hosts:
        units = situation.app(host, fleet.project.name).units
        for node in host.nodes:
            unit = units.get(node_unit(fleet, node.number))
            if not unit or not unit.ready or not unit.status:
                continue
            missing[node.name] = frozenset(unit.status.missing)
            if unit.status.tells_all:
                elsewhere |= others[host.cluster] - missing[node.name]
    return frozenset(_mutual(missing) | elsewhere)


def _others(situation: Situation) -> Mapping[str, frozenset[str]]:
    """Cluster → its nodes on hosts that are not looked at."""
    looked_at = {host.name for host in situation.hosts}
    return {
        cluster.name: frozenset(
            node.name for host in cluster.hosts if host.name not in looked_at for node in host.nodes
        )
        for cluster in situation.fleet.clusters
    }


def _mutual(missing: Mapping[str, frozenset[str]]) -> set[str]:
    """The nodes that all see each other: without the one that most others lack, until none is lacking."""
    nodes = set(missing)
    pairs = {(node, lack) for node, lacks in missing.items() for lack in lacks if lack in nodes}
    while pairs:
        worst, _ = Counter(sorted(node for pair in pairs for node in pair)).most_common(1)[0]
        nodes.remove(worst)
        pairs = {pair for pair in pairs if worst not in pair}
    return nodes


def ready_sidecars(situation: Situation) -> frozenset[str]:
    """The hosts, of those looked at, whose RabbitMQ runs before anything is done."""
    return frozenset(
        host.name
        for host in situation.hosts
        for unit in situation.app(host, SIDECAR).units.values()
        if unit.state == "active"
    )


def names_of(situation: Situation, host: Host) -> frozenset[str]:
    """The names of all nodes in the host's cluster."""
    return frozenset(node.name for other in situation.fleet.cluster_of(host).hosts for node in other.nodes)
