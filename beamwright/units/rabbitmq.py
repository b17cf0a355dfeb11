"""The files of a host's RabbitMQ, the sidecar:

/etc/systemd/system/beamwright-rabbitmq.service
/etc/sysusers.d/beamwright-rabbitmq.conf, /etc/tmpfiles.d/beamwright-rabbitmq.conf
/etc/beamwright/rabbitmq/config/          what RabbitMQ sees as /etc/rabbitmq
    rabbitmq.conf, rabbitmq-env.conf      settings; names and ports, for the server and its command line
    enabled_plugins                       none
/etc/beamwright/rabbitmq/secrets/         for root alone, handed over by LoadCredential=
    cookie, definitions.json
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address

from beamwright.fleet import Fleet, Host, secrets
from beamwright.units.definitions import definitions
from beamwright.units.file import HostFile
from beamwright.units.firewall import sidecar_addresses
from beamwright.units.template import fill

_FOLDER = "/etc/beamwright/rabbitmq"
_SIZE = re.compile(r"(\d+(?:\.\d+)?)([KMGT]?)")


def render_sidecar(fleet: Fleet, host: Host) -> tuple[HostFile, ...]:
    """Every file of the host's RabbitMQ, but for secrets."""
    values = _values(fleet, host)
    return tuple(
        HostFile(path, fill(fleet, template, **values))
        for template, path in (
            ("rabbitmq.service.j2", "/etc/systemd/system/beamwright-rabbitmq.service"),
            ("rabbitmq.sysusers.conf.j2", "/etc/sysusers.d/beamwright-rabbitmq.conf"),
            ("rabbitmq.tmpfiles.conf.j2", "/etc/tmpfiles.d/beamwright-rabbitmq.conf"),
            ("rabbitmq.conf.j2", f"{_FOLDER}/config/rabbitmq.conf"),
            ("rabbitmq-env.conf.j2", f"{_FOLDER}/config/rabbitmq-env.conf"),
            ("rabbitmq-plugins.j2", f"{_FOLDER}/config/enabled_plugins"),
        )
    )


def sidecar_secret_files(fleet: Fleet) -> tuple[HostFile, ...]:
    """RabbitMQ's cookie and definitions; ConfigError when a secret or the user's file can't be used."""
    contents = {
        "cookie": secrets.read(fleet.sidecar_cookie).reveal(),
        "definitions.json": definitions(fleet),
    }
    return tuple(
        HostFile(f"{_FOLDER}/secrets/{name}", content, mode=0o400, secret=True)
        for name, content in contents.items()
    )


def _values(fleet: Fleet, host: Host) -> dict[str, object]:
    """What the templates are filled with, ready to be written as it is."""
    hosts = fleet.cluster_of(host).hosts
    sidecar = fleet.sidecar
    return {
        "project": fleet.project.name,
        "cluster": host.cluster,
        "node": _node(host),
        "nodes": tuple(_node(other) for other in hosts),
        "peers": ",".join(f"{_node(other)}={other.where()}:{sidecar.dist_port}" for other in hosts),
        "longnames": "." in host.name,
        "port": sidecar.port,
        "dist_port": sidecar.dist_port,
        "interface": _interface(host.where()),
        "partition_handling": _partition_handling(len(hosts)),
        "memory_max": sidecar.memory_max,
        "memory_bytes": _bytes(sidecar.memory_max),
        "addresses": " ".join(sidecar_addresses(fleet, host)),
    }


def _node(host: Host) -> str:
    """The Erlang name of the host's RabbitMQ, fixed: under another name it would be another, blank node."""
    return f"rabbit@{host.name}"


def _interface(address: str) -> str:
    """The address that other RabbitMQs connect to, as an Erlang term; "" (every address) for a DNS name."""
    try:
        return "{" + str(IPv4Address(address)).replace(".", ",") + "}"
    except ValueError:
        return ""


def _partition_handling(hosts: int) -> str:
    """What RabbitMQs do that lost each other (https://www.rabbitmq.com/docs/partitions).

    Of three or more, a minority pauses. Of two neither is a majority, and both would pause: when they meet
    again, the one with fewer clients starts anew from the other.
    """
    if hosts >= 3:
        return "pause_minority"
    return "autoheal" if hosts == 2 else "ignore"


def _bytes(size: str) -> int | None:
    """The bytes of an absolute size of systemd (base 1024), such as 1.5G; None of a share, or of none."""
    match = _SIZE.fullmatch(size)
    return int(float(match[1]) * 1024 ** " KMGT".index(match[2] or " ")) if match else None
