"""How the hosts are, asked now."""

from __future__ import annotations

from dataclasses import dataclass

from beamwright.errors import BeamwrightError
from beamwright.fleet import Host, Node
from beamwright.rollout.cluster import parse_members
from beamwright.rollout.crew import Crew, all_of
from beamwright.rollout.facts import App, HostFacts, Unit
from beamwright.rollout.goal import SIDECAR, node_unit


@dataclass(frozen=True)
class NodeState:
    """One node: `state` is its own word (starting, ready, unhealthy, draining) or else systemd's."""

    name: str
    state: str
    version: str
    ready: bool
    peers: int
    restarts: int


@dataclass(frozen=True)
class SidecarState:
    """The RabbitMQ of a host; `members` counts the nodes of its cluster that it sees, itself included."""

    state: str
    version: str
    members: int


@dataclass(frozen=True)
class HostState:
    """One host; `error` is why it is not reachable."""

    name: str
    cluster: str
    reachable: bool
    release: str | None
    lock: str | None
    nodes: tuple[NodeState, ...]
    sidecar: SidecarState | None
    error: BeamwrightError | None = None


def state_of(crew: Crew) -> tuple[HostState, ...]:
    """The state of every host of the crew; one that can't be reached is told as such."""
    found = crew.each(lambda host: _look(crew, host))
    return tuple(
        _unreachable(host, answer) if isinstance(answer := found[host.name], BeamwrightError) else answer
        for host in crew.hosts
    )


def demand_all(hosts: tuple[HostState, ...]) -> None:
    """UnreachableError that names the hosts which can't be reached, if there are any."""
    all_of({host.name: host.error or host for host in hosts})


def as_json(hosts: tuple[HostState, ...]) -> dict[str, object]:
    """The shape that `status --json` prints."""
    return {
        "hosts": [
            {
                "name": host.name,
                "cluster": host.cluster,
                "reachable": host.reachable,
                "release": host.release,
                "lock": host.lock,
                "nodes": [vars(node) for node in host.nodes],
                "sidecar": vars(host.sidecar) if host.sidecar else None,
                "error": host.error.message if host.error else "",
            }
            for host in hosts
        ]
    }


def _unreachable(host: Host, error: BeamwrightError) -> HostState:
    nodes = tuple(NodeState(node.name, "unknown", "", False, 0, 0) for node in host.nodes)
    return HostState(host.name, host.cluster, False, None, None, nodes, None, error)


def _look(crew: Crew, host: Host) -> HostState:
    facts = crew.look(host)
    there = facts.apps.get(crew.fleet.project.name, App())
    nodes = tuple(_node(node, there.units.get(node_unit(crew.fleet, node.number))) for node in host.nodes)
    sidecar = _sidecar(crew, host, facts) if crew.fleet.sidecar.enabled else None
    lock = facts.lease.holder if facts.lease and not facts.lease.is_over else None
    return HostState(host.name, host.cluster, True, there.current, lock, nodes, sidecar)


def _node(node: Node, unit: Unit | None) -> NodeState:
    if unit is None:
        return NodeState(node.name, "absent", "", False, 0, 0)
    said = unit.status if unit.state in ("active", "activating", "deactivating") else None
    if said is None:
        return NodeState(node.name, unit.state, "", False, 0, unit.restarts)
    return NodeState(node.name, said.state, said.version, unit.ready, said.peers, unit.restarts)


def _sidecar(crew: Crew, host: Host, facts: HostFacts) -> SidecarState:
    there = facts.apps.get(SIDECAR, App())
    unit = next(iter(there.units.values()), None)
    if unit is None:
        return SidecarState("absent", "", 0)
    version = (there.current or "").rpartition("-")[0]
    if unit.state != "active":
        return SidecarState(unit.state, version, 0)
    answer = crew.targets[host.name].run(crew.helper.call("members", SIDECAR))
    return SidecarState(unit.state, version, len(parse_members(answer.stdout)))
