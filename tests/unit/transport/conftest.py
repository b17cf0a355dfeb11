"""A server and targets that are connected to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko
import pytest

from beamwright.transport import Dialer, KnownHosts, Route, SshTarget
from tests.unit.transport.sshd import Sshd


def known(port: int, key: paramiko.PKey) -> str:
    """The line of a server in known_hosts."""
    return f"[127.0.0.1]:{port} {key.get_name()} {key.get_base64()}\n"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Sshd]]:
    """Starts servers whose host keys are in tmp_path/known_hosts and that let tmp_path/key in."""
    user_key, servers = paramiko.ECDSAKey.generate(), list[Sshd]()
    user_key.write_private_key_file(str(tmp_path / "key"))

    def make() -> Sshd:
        servers.append(Sshd(paramiko.ECDSAKey.generate(), user_key))
        with (tmp_path / "known_hosts").open("a") as file:
            file.write(known(servers[-1].port, servers[-1].host_key))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


@pytest.fixture
def sshd(start: Callable[[], Sshd]) -> Sshd:
    """One server."""
    return start()


@pytest.fixture
def connect(sshd: Sshd, tmp_path: Path) -> Iterator[Callable[..., SshTarget]]:
    """Makes targets for the server, or for another port, or through another server."""
    made: list[SshTarget] = []

    def make(port: int = 0, seconds: float = 5.0, through: Sshd | None = None) -> SshTarget:
        keys = (tmp_path / "key",)
        jump = Route("127.0.0.1", through.port, "guest", keys, only_keys=True) if through else None
        route = Route("127.0.0.1", port or sshd.port, "deploy", keys, only_keys=True, jump=jump)
        made.append(SshTarget("ams1", route, Dialer(KnownHosts(tmp_path / "known_hosts"), seconds)))
        return made[-1]

    yield make
    for target in made:
        target.close()
