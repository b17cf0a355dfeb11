"""SSH keys that Beamwright makes: ed25519, without passphrase, for their owner alone."""

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


def make(path: Path) -> None:
    """Writes a new pair, `path` and `<path>.pub`; the private half appears whole and is its owner's alone.

    OSError when that fails, FileExistsError when another process was faster.
    """
    private = Ed25519PrivateKey.generate()
    secret = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.touch(mode=0o600)
        beside.write_bytes(secret)
        path.hardlink_to(beside)
    finally:
        beside.unlink(missing_ok=True)
    path.with_name(f"{path.name}.pub").write_bytes(public + b"\n")


def public_half(path: Path) -> str:
    """The public half of a key, `type base64`: of a private key without passphrase, or of `<path>.pub`.

    A public key is its own public half. OSError or ValueError when there is none to be had.
    """
    content = path.read_bytes()
    beside = path.with_name(f"{path.name}.pub")
    if b"PRIVATE KEY" not in content:
        return _first_words(content)
    if beside.is_file():
        return _first_words(beside.read_bytes())
    try:
        private = load_ssh_private_key(content, password=None)
    except TypeError as exc:  # a passphrase is needed
        raise ValueError(str(exc)) from exc
    return private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _first_words(content: bytes) -> str:
    """The line of a public key without its comment."""
    words = content.decode("ascii", "replace").split()
    if len(words) < 2 or not words[0].startswith(("ssh-", "ecdsa-", "sk-")):
        raise ValueError("holds no key")
    return f"{words[0]} {words[1]}"
