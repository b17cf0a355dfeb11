"""The project's own list of host keys: what is not in it is refused."""

from __future__ import annotations

from pathlib import Path

import paramiko

from beamwright.errors import ConfigError, UnreachableError


class KnownHosts:
    """A file in the format of sshd(8), SSH_KNOWN_HOSTS; read once for all connections of a fleet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._keys = paramiko.HostKeys()
        if path.exists():
            try:
                self._keys.load(str(path))
            except (OSError, paramiko.SSHException, UnicodeDecodeError) as exc:
                raise ConfigError(f"{path}: {exc}", hint="each line: host key-type key") from exc

    def key_types(self, address: str, port: int) -> tuple[str, ...]:
        """The types of the keys known of a host, so that the server is asked for one that can be compared."""
        return tuple(self._keys.lookup(_entry(address, port)) or ())

    def check(self, name: str, address: str, port: int, key: paramiko.PKey) -> None:
        """UnreachableError unless `key`, which the server has proven to own, is known for this address."""
        entry, offered = _entry(address, port), f"{key.get_name()} {key.fingerprint}"
        known = self._keys.lookup(entry)
        add = f"{_scan(address, port, key)} >> {self.path}"
        if known is None:
            raise UnreachableError(
                f"{name}: the key of {entry} is unknown: {offered}",
                hint=f"compare the fingerprint on the host, then: {add}",
            )
        if not any(known[kind] == key for kind in known):
            raise UnreachableError(
                f"{name}: the key of {entry} has CHANGED: it offers {offered}",
                hint="another machine answers, or this one was set up anew; "
                f"if you know why, remove its line from {self.path}, then: {add}",
            )


def _entry(address: str, port: int) -> str:
    """How known_hosts files name a host: with its port when that is not 22."""
    return address if port == 22 else f"[{address}]:{port}"


def _scan(address: str, port: int, key: paramiko.PKey) -> str:
    """The command that prints the line of this kind of key, and of no other that nobody has compared."""
    kind = key.get_name().removeprefix("ssh-").partition("-")[0]
    return f"ssh-keyscan -t {kind} {f'-p {port} ' if port != 22 else ''}{address}"
