"""An sshd of the tests' own: paramiko's server side, which runs commands with sh."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress

import paramiko
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_FAILED_CONNECT_FAILED, OPEN_SUCCEEDED


class _Login(paramiko.ServerInterface):
    """Lets one key in, starts what is asked, and passes on to other ports of this machine."""

    def __init__(self, key: paramiko.PKey, transport: paramiko.Transport, forwarded: list[int]) -> None:
        self._key, self._transport, self._forwarded = key, transport, forwarded
        self._wanted: dict[int, socket.socket] = {}

    def check_channel_direct_tcpip_request(
        self, chanid: int, origin: tuple[str, int], destination: tuple[str, int]
    ) -> int:
        self._forwarded.append(destination[1])
        try:
            sock = socket.create_connection(destination, timeout=5)
        except OSError:
            return OPEN_FAILED_CONNECT_FAILED
        self._wanted[chanid] = sock
        return OPEN_SUCCEEDED

    def forward(self) -> None:
        """Joins channels to the sockets that are wanted for them, while the connection lasts."""
        while self._transport.is_active():
            channel = self._transport.accept(0.5)
            if channel and channel.chanid in self._wanted:
                sock = self._wanted.pop(channel.chanid)
                threading.Thread(target=self._join, args=(channel, sock), daemon=True).start()

    def _join(self, channel: paramiko.Channel, sock: socket.socket) -> None:
        with sock:
            back = threading.Thread(target=_pump, args=(channel.recv, sock.sendall, None), daemon=True)
            back.start()
            _pump(sock.recv, channel.sendall, channel.close)
            back.join(30)

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
    """Listens on a port of localhost; `connections` holds what clients have opened, `forwarded` the
    ports that they went on to."""

    def __init__(self, host_key: paramiko.PKey, user_key: paramiko.PKey) -> None:
        self.host_key, self._user_key = host_key, user_key
        self.connections: list[paramiko.Transport] = []
        self.forwarded: list[int] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

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
            login = _Login(self._user_key, transport, self.forwarded)
            transport.start_server(server=login)
            login.forward()

    def cut(self) -> None:
        """Ends all connections."""
        for transport in self.connections:
            transport.close()

    def close(self) -> None:
        """Ends everything."""
        # An accept that has just begun would go on with the number of the closed socket, which the next
        # server is given: it would answer in its place, with another key.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._socket.close()
        self.cut()
