"""A server and targets that are connected to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko
import pytest

from beamwright.transport import KnownHosts, SshTarget
from tests.unit.transport.sshd import Sshd


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    """A server whose host key is in tmp_path/known_hosts and that lets tmp_path/key in."""
    host_key, user_key = paramiko.ECDSAKey.generate(), paramiko.ECDSAKey.generate()
    user_key.write_private_key_file(str(tmp_path / "key"))
    server = Sshd(host_key, user_key)
    line = f"[127.0.0.1]:{server.port} {host_key.get_name()} {host_key.get_base64()}\n"
    (tmp_path / "known_hosts").write_text(line)
    yield server
    server.close()


@pytest.fixture
def connect(sshd: Sshd, tmp_path: Path) -> Iterator[Callable[..., SshTarget]]:
    """Makes targets for the server, or for another port."""
    made: list[SshTarget] = []

    def make(port: int = 0, seconds: float = 5.0) -> SshTarget:
        known_hosts, key = KnownHosts(tmp_path / "known_hosts"), tmp_path / "key"
        made.append(SshTarget("ams1", "127.0.0.1", port or sshd.port, "deploy", known_hosts, key, seconds))
        return made[-1]

    yield make
    for target in made:
        target.close()
