"""The credentials of the nodes: files that only root reads, handed to each node by LoadCredential=."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet, Host
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

    ConfigError names a file that is missing, empty or not text.
    """
    sidecar = sidecar_secret_files(fleet) if fleet.sidecar.enabled else ()
    nodes = tuple(
        HostFile(credential.path, read_secret(credential.name, credential.source), mode=0o400, secret=True)
        for credential in credentials(fleet, host)
    )
    return (*nodes, *sidecar)


def read_secret(name: str, source: Path) -> str:
    """The value of a secret, as its file holds it."""
    try:
        value = source.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"secret {name}: {source}: {exc}", hint="write the secret's value into it") from exc
    if not value.strip():
        raise ConfigError(f"secret {name}: {source} is empty", hint="write the secret's value into it")
    return value
