"""When a cluster is whole: every node that runs, or has been started, sees every other one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from beamwright.fleet import Host
from beamwright.rollout.facts import Unit, parse_status
from beamwright.rollout.goal import SIDECAR, Situation, node_unit


@dataclass(frozen=True)
class Whole:
    """Asks the answer of `status`: are the units `(unit, node)` ready and joined to all of `expected`?"""

    nodes: tuple[tuple[str, str], ...]
    expected: frozenset[str]

    def __call__(self, answer: str) -> str:
        """What is missing, "" when nothing is."""
        units = parse_status(answer)
        lacks = (self._lack(units.get(unit), node) for unit, node in self.nodes)
        return "; ".join(lack for lack in lacks if lack)

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

    def __call__(self, answer: str) -> str:
        """What is missing, "" when nothing is."""
        absent = self.expected - parse_members(answer)
        return f"RabbitMQ does not see {', '.join(sorted(absent))}" if absent else ""


def parse_members(answer: str) -> frozenset[str]:
    """The hosts whose RabbitMQ runs in this cluster, from `rabbitmqctl cluster_status --formatter json`."""
    try:
        running = json.loads(answer)["running_nodes"]
        return frozenset(str(name).rpartition("@")[2] for name in running)
    except (ValueError, KeyError, TypeError):
        return frozenset()


def joined_nodes(situation: Situation) -> frozenset[str]:
    """The nodes that are there before anything is done, and that see each other.

    Those of the hosts looked at say so themselves; of the others, those that one of these is joined to. A
    node that is ready but cut off is none of them: waiting for it would keep out the release that mends it.
    """
    fleet, missing, elsewhere = situation.fleet, dict[str, frozenset[str]](), set[str]()
    for host in situation.hosts:
        units = situation.app(host, fleet.project.name).units
        for node in host.nodes:
            unit = units.get(node_unit(fleet, node.number))
            if not unit or not unit.ready or not unit.status:
                continue
            missing[node.name] = frozenset(unit.status.missing)
            if unit.status.tells_all:
                peers = {peer.name for at, peer in fleet.peers(host, node) if at not in situation.hosts}
                elsewhere |= peers - missing[node.name]
    return frozenset(_mutual(missing) | elsewhere)


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
