"""An sshd of the tests' own: paramiko's server side, which runs commands with sh."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import paramiko
import pytest

from beamwright.transport import KnownHosts, SshTarget


class _Login(paramiko.ServerInterface):
    """Lets one key in, and starts what is asked."""

    def __init__(self, key: paramiko.PKey) -> None:
        self._key = key

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL if key == self._key else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=_execute, args=(channel, command.decode()), daemon=True).start()
        return True


def _execute(channel: paramiko.Channel, command: str) -> None:
    """Joins a shell to the channel and tells its exit code."""
    process = subprocess.Popen(
        ["sh", "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin and process.stdout and process.stderr
    pumps = [
        threading.Thread(
            target=_pump, args=(channel.recv, process.stdin.write, process.stdin.close), daemon=True
        ),
        threading.Thread(target=_pump, args=(process.stdout.read1, channel.sendall, None), daemon=True),
        threading.Thread(
            target=_pump, args=(process.stderr.read1, channel.sendall_stderr, None), daemon=True
        ),
    ]
    for pump in pumps:
        pump.start()
    for pump in pumps[1:]:
        pump.join()
    with process:
        channel.send_exit_status(process.wait())
        channel.close()


def _pump(
    read: Callable[[int], bytes], write: Callable[[bytes], object], end: Callable[[], None] | None
) -> None:
    try:
        while data := read(32768):
            write(data)
        if end:
            end()
    except (OSError, EOFError, ValueError):
        return


class Sshd:
    """Listens on a port of localhost; `connections` holds what clients have opened."""

    def __init__(self, host_key: paramiko.PKey, user_key: paramiko.PKey) -> None:
        self.host_key, self._user_key = host_key, user_key
        self.connections: list[paramiko.Transport] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            transport = paramiko.Transport(client)
            transport.add_server_key(self.host_key)
            self.connections.append(transport)
            # A client that does not like the host key hangs up; one that waits must not hold up the next.
            threading.Thread(target=self._greet, args=(transport,), daemon=True).start()

    def _greet(self, transport: paramiko.Transport) -> None:
        with suppress(paramiko.SSHException, OSError, EOFError):
            transport.start_server(server=_Login(self._user_key))

    def cut(self) -> None:
        """Ends all connections."""
        for transport in self.connections:
            transport.close()

    def close(self) -> None:
        """Ends everything."""
        self._socket.close()
        self.cut()


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
