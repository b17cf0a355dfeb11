"""The credentials of the nodes: files that only root reads, handed to each node by LoadCredential=."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from beamwright.fleet import Fleet, Host, secrets
from beamwright.units.file import HostFile
from beamwright.units.rabbitmq import sidecar_secret_files


@dataclass(frozen=True)
class Credential:
    """A secret's name in $CREDENTIALS_DIRECTORY, its file on the host and the file here that holds it."""

    name: str
    path: str
    source: Path


def credentials(fleet: Fleet, host: Host) -> tuple[Credential, ...]:
    """The cookie, the AMQP password when there is a sidecar, and the user's secrets."""
    amqp = (("amqp_password", fleet.amqp_password),) if fleet.sidecar.enabled else ()
    folder = f"/etc/beamwright/{fleet.project.name}/secrets"
    return tuple(
        Credential(name, f"{folder}/{name}", source)
        for name, source in (("cookie", fleet.cookie), *amqp, *host.settings.secrets)
    )


def secret_files(fleet: Fleet, host: Host) -> tuple[HostFile, ...]:
    """The credential files of the nodes and of RabbitMQ, with their values.

    ConfigError names a file that is missing, empty, not text, or open to others; of the fleet's own secrets,
    one that is short or not one word: a node would refuse it.
    """
    sidecar = sidecar_secret_files(fleet) if fleet.sidecar.enabled else ()
    nodes = tuple(
        HostFile(
            credential.path, secrets.read_shipped(fleet, credential.source).reveal(), mode=0o400, secret=True
        )
        for credential in credentials(fleet, host)
    )
    return (*nodes, *sidecar)
