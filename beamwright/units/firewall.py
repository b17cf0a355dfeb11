"""Who may talk to the nodes and to RabbitMQ, for IPAddressAllow= of systemd.resource-control(5)."""

from __future__ import annotations

from ipaddress import ip_address

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet, Host


def allowed_addresses(fleet: Fleet, host: Host) -> tuple[str, ...]:
    """`("any",)`, or localhost, the cluster's hosts and the networks of `allow_from`, without repetition.

    systemd filters by address only: ConfigError when a host of the cluster has a DNS name instead.
    """
    networks = host.settings.allow_from
    if "any" in networks:
        return ("any",)
    return tuple(dict.fromkeys((*_cluster(fleet, host), *networks)))


def sidecar_addresses(fleet: Fleet, host: Host) -> tuple[str, ...]:
    """Localhost and the cluster's hosts; `("any",)` where these have names and the nodes too allow any."""
    try:
        return _cluster(fleet, host)
    except ConfigError:
        if "any" in host.settings.allow_from:
            return ("any",)
        raise


def _cluster(fleet: Fleet, host: Host) -> tuple[str, ...]:
    """Localhost and the hosts of the cluster."""
    return ("localhost", *(_address(other) for other in fleet.cluster_of(host).hosts))


def _address(host: Host) -> str:
    """The address of a host, when it is one."""
    try:
        return str(ip_address(host.where()))
    except ValueError:
        raise ConfigError(
            f"host {host.name}: {host.address} is a name, and systemd's IP filter takes addresses only",
            hint='give its IP address, or set node.allow_from = ["any"] to do without the filter',
        ) from None
