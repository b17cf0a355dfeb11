"""The fleet as an OpenSSH client configuration, so that testinfra trusts the project's host keys only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from beamwright.fleet.model import Fleet, Host
from beamwright.transport import Route, UserConfig


def render(fleet: Fleet, hosts: Iterable[Host], control: Path, config: UserConfig | None = None) -> str:
    """An ssh_config(5) with a Host block per host; connections are shared over sockets in `control`.

    Says what roll-outs do by themselves: fleet.toml, else ~/.ssh/config (`config`).
    """
    config = config or UserConfig()
    blocks: dict[str, str] = {}
    for host in hosts:
        blocks |= _blocks(fleet, host.name, config.route(*fleet.place(host)), control)
    return "\n".join(blocks.values())


def backend(fleet: Fleet, host: Host, config: UserConfig | None = None, closed: bool = False) -> str:
    """The host as testinfra names it: by sudo(8) for a user that is not root, but where that is `closed`."""
    user = (config or UserConfig()).route(*fleet.place(host)).user
    return f"ssh://{host.name}{'' if closed or user == 'root' else '?sudo=true'}"


def _blocks(fleet: Fleet, name: str, way: Route, control: Path) -> dict[str, str]:
    """Name → block, of the machine and of those before it."""
    found = {}
    lines = list(_lines(fleet, way, control))
    if way.jump:
        before = f"jump-{way.jump.user}-{way.jump.address}-{way.jump.port}"
        found = _blocks(fleet, before, way.jump, control)
        lines.append(f"ProxyJump {before}")
    return {**found, name: f"Host {name}\n" + "".join(f"    {line}\n" for line in lines)}


def _lines(fleet: Fleet, way: Route, control: Path) -> Iterator[str]:
    yield f"HostName {way.address}"
    yield f"Port {way.port}"
    yield f"User {way.user}"
    yield f"UserKnownHostsFile {_quoted(fleet.ssh.known_hosts)}"
    yield "GlobalKnownHostsFile none"
    yield "StrictHostKeyChecking yes"
    yield "BatchMode yes"
    yield f"ConnectTimeout {fleet.ssh.connect_seconds}"
    yield "ControlMaster auto"
    yield f"ControlPath {_quoted(control)}/%C"
    # Long enough for one run: the socket is left to die by itself.
    yield "ControlPersist 30"
    for key in way.keys:
        yield f"IdentityFile {_quoted(key)}"
    if way.only_keys:
        yield "IdentitiesOnly yes"


def _quoted(path: Path) -> str:
    """A path that may hold blanks and percent signs, which ssh_config(5) would take for tokens."""
    return '"' + str(path).replace("%", "%%") + '"'
