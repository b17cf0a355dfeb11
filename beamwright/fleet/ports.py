"""Whether the ports of one host fit beside each other: nodes', their distribution's, RabbitMQ's, SSH's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from beamwright.fleet.explain import Defect
from beamwright.fleet.merge import origin
from beamwright.fleet.model import Fleet, Host
from beamwright.fleet.show import Key, dotted
from beamwright.fleet.spec import FleetSpec

_LAST = 65535


@dataclass(frozen=True)
class _Listener:
    """Who listens on a port: the key that gave the number, and whose it is in words."""

    port: int
    key: Key
    whose: str


def check_ports(spec: FleetSpec, fleet: Fleet, host: Host) -> Iterator[Defect]:
    """Ports that are none, and pairs of listeners that want the same one."""
    taken: dict[int, _Listener] = {}
    for listener in _listeners(spec, fleet, host):
        if listener.port > _LAST:
            yield Defect(
                listener.key, f"{listener.whose} on {host.name} would listen on {listener.port}, over {_LAST}"
            )
        elif (other := taken.setdefault(listener.port, listener)) is not listener:
            yield Defect(
                listener.key,
                f"port {listener.port} on {host.name} is wanted twice: by {listener.whose}, "
                f"and by {other.whose} ({dotted(other.key)})",
                "node n has a port's number + n-1: leave room for every node between two ports",
            )


def _listeners(spec: FleetSpec, fleet: Fleet, host: Host) -> Iterator[_Listener]:
    """Everything that listens on the host, what is hardest to move first."""
    yield _Listener(host.ssh_port or 22, _ssh_key(spec, host), "sshd")
    if fleet.sidecar.enabled:
        yield _Listener(fleet.sidecar.port, ("sidecar", "port"), "RabbitMQ")
        yield _Listener(fleet.sidecar.dist_port, ("sidecar", "dist_port"), "RabbitMQ's clustering")
    dist = origin(spec, host.cluster, host.name, "dist_port")
    for node in host.nodes:
        yield _Listener(node.dist_port, dist, f"the distribution of node {node.number}")
    keys = {name: origin(spec, host.cluster, host.name, "ports", name) for name, _ in host.nodes[0].ports}
    for node in host.nodes:
        for name, port in node.ports:
            yield _Listener(port, keys[name], f"{name} of node {node.number}")


def _ssh_key(spec: FleetSpec, host: Host) -> Key:
    named = spec.clusters[host.cluster].hosts[host.name].port is not None
    return ("clusters", host.cluster, "hosts", host.name, "port") if named else ("ssh", "port")
