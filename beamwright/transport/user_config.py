"""What ~/.ssh/config says of a machine (ssh_config(5)); what fleet.toml says counts more."""

from __future__ import annotations

import glob
import re
from pathlib import Path

import paramiko
from paramiko.ssh_exception import ConfigParseError, CouldNotCanonicalize

from beamwright.errors import ConfigError
from beamwright.transport.route import Route

_Values = dict[str, str | list[str]]
_MOST_FILES = 16
"""ssh(1) nests Include no deeper."""


class UserConfig:
    """HostName, Port, User, IdentityFile, IdentitiesOnly and ProxyJump of the user's file, read once."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or Path.home() / ".ssh" / "config"
        self._config = paramiko.SSHConfig()
        try:
            self._config = paramiko.SSHConfig.from_text(_text(self.path, 0))
        except (ConfigParseError, OSError, UnicodeDecodeError) as exc:
            raise ConfigError(f"{self.path}: {exc}", hint="`ssh -G HOST` says how ssh reads it") from exc

    def route(
        self,
        name: str,
        address: str,
        port: int | None = None,
        user: str | None = None,
        key: Path | None = None,
        jump: str | None = None,
    ) -> Route:
        """The way to the machine that is called `name`; what is None is the user's file's to say.

        A Host block may be for the name or for the address. `jump` is `[user@]host[:port]`, or "none".
        """
        found = self._lookup(name, address)
        keys = (key,) if key else _files(found)
        return Route(
            address=_text_of(found, "hostname") or address,
            port=port or int(_text_of(found, "port") or 22),
            user=user or _text_of(found, "user") or "root",
            keys=keys,
            only_keys=bool(key) or (bool(keys) and _text_of(found, "identitiesonly").lower() == "yes"),
            jump=self._jump(name, jump or _text_of(found, "proxyjump"), user, key, found),
        )

    def _jump(self, name: str, hops: str, user: str | None, key: Path | None, found: _Values) -> Route | None:
        """The way to the last of the hops, through the ones before it."""
        if not hops and "proxycommand" in found:
            raise ConfigError(
                f"{self.path}: {name} is reached by a ProxyCommand, which Beamwright does not run",
                hint='name the machine between in fleet.toml: ssh.jump = "user@host"',
            )
        way: Route | None = None
        for hop in hops.split(",") if hops not in ("", "none") else ():
            at, address, port = _parse(hop.strip())
            own = self._lookup(address, address)
            keys = (*_files(own), *((key,) if key else ()))
            way = Route(
                address=_text_of(own, "hostname") or address,
                port=port or int(_text_of(own, "port") or 22),
                user=at or _text_of(own, "user") or user or "root",
                keys=keys,
                only_keys=bool(keys) and bool(key),
                jump=way,
            )
        return way

    def _lookup(self, name: str, address: str) -> _Values:
        """The values of the name's blocks, before those of the address's; only an address has a HostName."""
        try:
            named, placed = self._config.lookup(name), self._config.lookup(address)
        except (ConfigParseError, CouldNotCanonicalize) as exc:
            raise ConfigError(f"{self.path}: {name}: {exc}") from exc
        return {**placed, **named, "hostname": placed["hostname"]}


def _text(path: Path, depth: int) -> str:
    """The file with what it includes in place; nothing where there is none."""
    if not path.is_file() or depth > _MOST_FILES:
        return ""
    lines = []
    for line in path.read_text("utf-8").splitlines():
        if found := re.match(r"\s*include[\s=]+(.+)", line, re.IGNORECASE):
            for word in found[1].replace('"', "").split():
                # Relative to ~/.ssh, whichever file includes it.
                pattern = str(Path.home() / ".ssh" / Path(word).expanduser())
                lines += [_text(Path(file), depth + 1) for file in sorted(glob.glob(pattern))]  # noqa: PTH207
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def _text_of(values: _Values, key: str) -> str:
    value = values.get(key, "")
    return value if isinstance(value, str) else ""


def _files(values: _Values) -> tuple[Path, ...]:
    """The IdentityFiles that there are: ssh passes over the others without a word."""
    named = values.get("identityfile", [])
    paths = (Path(file).expanduser() for file in (named if isinstance(named, list) else [named]))
    return tuple(path for path in paths if path.is_file())


def _parse(hop: str) -> tuple[str, str, int | None]:
    """`user@host:port` as its parts; an IPv6 address stands in brackets."""
    user, _, place = hop.rpartition("@")
    found = re.fullmatch(r"\[([^]]+)\](?::(\d+))?|([^:]+)(?::(\d+))?", place)
    if not found:
        raise ConfigError(
            f"{hop!r} is no machine to jump through", hint="such as deploy@bastion.example.net:22"
        )
    return user, found[1] or found[3], int(port) if (port := found[2] or found[4]) else None
