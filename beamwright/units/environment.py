"""The environment of a node: what it is called, whom it joins, how its health is asked, and the user's own.

Read by `beamwright_node` and the application. That no two parts set the same variable is seen to by fleet/.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from beamwright.fleet import Fleet, Host, Node


def node_environment(fleet: Fleet, host: Host, node: Node) -> dict[str, str]:
    """Name → value, in the order of the file."""
    return {
        "HOME": f"/run/{fleet.project.name}/{node.number}",
        # A crash dump holds the heap of every process, secrets included.
        "ERL_CRASH_DUMP_SECONDS": "0",
        **_identity(fleet, host, node),
        **_health(host, node),
        **{f"{name.upper()}_PORT": str(port) for name, port in node.ports},
        **_amqp(fleet),
        **dict(host.settings.env),
    }


def _identity(fleet: Fleet, host: Host, node: Node) -> dict[str, str]:
    """Who the node is and whom it joins."""
    peers = (f"{peer.name}={_endpoint(at.where(), peer.dist_port)}" for at, peer in fleet.peers(host, node))
    return {
        "BEAMWRIGHT_NODE": node.name,
        "BEAMWRIGHT_DIST_PORT": str(node.dist_port),
        "BEAMWRIGHT_DIST_ADDRESS": _interface(host.where()),
        "BEAMWRIGHT_PEERS": ",".join(peers),
    }


def _health(host: Host, node: Node) -> dict[str, str]:
    """Where and how often the node asks itself whether it is well."""
    health = host.settings.health
    return {
        "BEAMWRIGHT_HEALTH": health.url(node),
        "BEAMWRIGHT_HEALTH_INTERVAL": str(health.interval),
        "BEAMWRIGHT_HEALTH_TIMEOUT": str(health.timeout),
        "BEAMWRIGHT_DRAIN": str(host.settings.drain_seconds),
    }


def _amqp(fleet: Fleet) -> dict[str, str]:
    """How the node reaches the RabbitMQ beside it; the password is a credential."""
    sidecar = fleet.sidecar
    if not sidecar.enabled:
        return {}
    return {"AMQP_HOST": "127.0.0.1", "AMQP_PORT": str(sidecar.port), "AMQP_USER": sidecar.user}


def _endpoint(address: str, port: int) -> str:
    """`address:port`, an IPv6 address in brackets (RFC 3986)."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _interface(address: str) -> str:
    """The interface that distribution listens on: the host's address, or all when that is no IPv4 address."""
    try:
        return str(IPv4Address(address))
    except ValueError:
        return "0.0.0.0"
