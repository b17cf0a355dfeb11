"""Who may talk to the nodes of a host, for IPAddressAllow= of systemd.resource-control(5)."""

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
    cluster = (_address(other) for other in fleet.cluster_of(host).hosts)
    return tuple(dict.fromkeys(("localhost", *cluster, *networks)))


def _address(host: Host) -> str:
    """The address of a host, when it is one."""
    try:
        return str(ip_address(host.where()))
    except ValueError:
        raise ConfigError(
            f"host {host.name}: {host.address} is a name, and systemd's IP filter takes addresses only",
            hint='give its IP address, or set node.allow_from = ["any"] to do without the filter',
        ) from None
