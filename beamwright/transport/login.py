"""Proves to an sshd who we are: with the key files that are named, the agent's keys and those in ~/.ssh."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import paramiko
from paramiko.pkey import UnknownKeyType

from beamwright.errors import ConfigError, UnreachableError
from beamwright.transport.route import Route

_USUAL_FILES = ("id_ed25519", "id_ecdsa", "id_rsa")


def log_in(transport: paramiko.Transport, name: str, route: Route) -> None:
    """Logs in with the first key that the server takes; UnreachableError when it takes none."""
    user, tried = route.user, 0
    for candidate in _keys(route):
        tried += 1
        try:
            transport.auth_publickey(user, candidate)
        except paramiko.AuthenticationException:
            continue
        if transport.is_authenticated():
            return
    which = f"the key {route.keys[0]}" if route.only_keys else f"any of {tried} keys (agent, ~/.ssh)"
    raise UnreachableError(
        f"{name}: {user} may not log in with {which}",
        hint="set ssh.user and ssh.key in fleet.toml, and put the public key into its authorized_keys",
    )


def _keys(route: Route) -> Iterator[paramiko.PKey]:
    for path in route.keys:
        yield _read(path)
    if route.only_keys:
        return
    yield from paramiko.Agent().get_keys()
    for name in _USUAL_FILES:
        path = Path.home() / ".ssh" / name
        if path.exists() and path not in route.keys:
            yield _read(path)


def _read(path: Path) -> paramiko.PKey:
    """The private key in a file; ConfigError when there is none that can be read."""
    if path.exists() and path.stat().st_mode & 0o077:
        # OpenSSH, which `verify` connects with, refuses such a key.
        raise ConfigError(f"ssh.key: {path} can be read by others", hint=f"chmod 600 {path}")
    try:
        return paramiko.PKey.from_path(path)
    except (
        paramiko.PasswordRequiredException,
        TypeError,
    ) as exc:  # TypeError: what 5.x lets out for PEM files
        raise ConfigError(
            f"the key {path} has a passphrase", hint=f"ssh-add {path}, and leave ssh.key out"
        ) from exc
    except FileNotFoundError as exc:
        raise ConfigError(f"ssh.key: there is no {path}", hint=f"ssh-keygen -t ed25519 -f {path}") from exc
    except (OSError, ValueError, paramiko.SSHException, UnknownKeyType) as exc:
        raise ConfigError(f"ssh.key: {path} is no private key: {exc}") from exc
