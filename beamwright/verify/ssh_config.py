"""The fleet as an OpenSSH client configuration, so that testinfra trusts the project's host keys only."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from beamwright.fleet.model import Fleet, Host


def render(fleet: Fleet, hosts: Iterable[Host], control: Path) -> str:
    """An ssh_config(5) with a Host block per host; connections are shared over sockets in `control`."""
    return "\n".join(_block(fleet, host, control) for host in hosts)


def _block(fleet: Fleet, host: Host, control: Path) -> str:
    lines = [
        f"HostName {host.where()}",
        f"Port {host.ssh_port}",
        f"User {fleet.ssh.user}",
        f"UserKnownHostsFile {_quoted(fleet.ssh.known_hosts)}",
        "GlobalKnownHostsFile none",
        "StrictHostKeyChecking yes",
        "BatchMode yes",
        f"ConnectTimeout {fleet.ssh.connect_seconds}",
        "ControlMaster auto",
        f"ControlPath {_quoted(control)}/%C",
        # Long enough for one run: the socket is left to die by itself.
        "ControlPersist 30",
    ]
    if fleet.ssh.key:
        lines += [f"IdentityFile {_quoted(fleet.ssh.key)}", "IdentitiesOnly yes"]
    return f"Host {host.name}\n" + "".join(f"    {line}\n" for line in lines)


def _quoted(path: Path) -> str:
    """A path that may hold blanks and percent signs, which ssh_config(5) would take for tokens."""
    return '"' + str(path).replace("%", "%%") + '"'
