"""An sshd of the tests' own: paramiko's server side, which runs commands with sh."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress

import paramiko
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_SUCCEEDED


class _Login(paramiko.ServerInterface):
    """Lets one key in, and starts what is asked."""

    def __init__(self, key: paramiko.PKey) -> None:
        self._key = key

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return AUTH_SUCCESSFUL if key == self._key else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=_execute, args=(channel, command.decode()), daemon=True).start()
        return True


def _execute(channel: paramiko.Channel, command: str) -> None:
    """Joins a shell to the channel and tells its exit code."""
    process = subprocess.Popen(
        ["sh", "-c", command],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin and process.stdout and process.stderr
    pumps = [
        threading.Thread(
            target=_pump, args=(channel.recv, process.stdin.write, process.stdin.close), daemon=True
        ),
        threading.Thread(target=_pump, args=(process.stdout.read, channel.sendall, None), daemon=True),
        threading.Thread(target=_pump, args=(process.stderr.read, channel.sendall_stderr, None), daemon=True),
    ]
    for pump in pumps:
        pump.start()
    # The client ends its input once it knows that the command was accepted: ending before that, as a quick
    # command could, would look like a refusal. OpenSSH answers first, too.
    for pump in pumps:
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
