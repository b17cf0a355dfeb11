"""The SSH key that opens the hosts of a local fleet."""

from __future__ import annotations

from pathlib import Path

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet, ssh_key


def key_path(fleet: Fleet) -> Path:
    """Where the fleet's key is, or will be; ConfigError when the fleet file names none."""
    if fleet.ssh.key is None:
        raise ConfigError(
            f"{fleet.path}: a local fleet needs a key of its own",
            hint='add `key = ".beamwright/id_ed25519"` to [ssh]',
        )
    return fleet.ssh.key


def ensure_key(path: Path) -> str:
    """The public half of the key at `path`, one line as in authorized_keys; the key is made when missing."""
    try:
        if not path.exists():
            ssh_key.make(path)
        return ssh_key.public_half(path)
    except (OSError, ValueError) as exc:
        raise ConfigError(
            f"{path}: {exc}", hint="ssh.key of a local fleet: a key without passphrase"
        ) from exc
