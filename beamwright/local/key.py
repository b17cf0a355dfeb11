"""The SSH key that opens the hosts of a local fleet."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
)

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet


def key_path(fleet: Fleet) -> Path:
    """Where the fleet's key is, or will be; ConfigError when the fleet file names none."""
    if fleet.ssh.key is None:
        raise ConfigError(
            f"{fleet.path}: a local fleet needs a key of its own",
            hint='add `key = ".beamwright/id_ed25519"` to [ssh]',
        )
    return fleet.ssh.key


def ensure_key(path: Path) -> str:
    """The public half of the key at `path`, one line as in authorized_keys; the key is made when missing.

    Made are an ed25519 key without passphrase, for its owner alone, and `<path>.pub` beside it.
    """
    if not path.exists():
        _make(path)
    try:
        private = load_ssh_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as exc:
        raise ConfigError(
            f"{path}: {exc}", hint="ssh.key of a local fleet: a key without passphrase"
        ) from exc
    return private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _make(path: Path) -> None:
    """Writes the pair; the private half appears whole and never readable by others."""
    private = Ed25519PrivateKey.generate()
    secret = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.touch(mode=0o600)
    beside.write_bytes(secret)
    beside.rename(path)
    path.with_name(f"{path.name}.pub").write_bytes(public + b"\n")
