"""A machine over SSH: one connection, kept; known host keys only; a deadline on everything."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import IO

import paramiko

from beamwright.command import Command, Result
from beamwright.errors import UnreachableError
from beamwright.transport.known_hosts import KnownHosts
from beamwright.transport.lines import Collector
from beamwright.transport.login import log_in

# paramiko logs a traceback for every connection that ends badly; our errors say it in one line.
logging.getLogger("paramiko").addHandler(logging.NullHandler())
logging.getLogger("paramiko").propagate = False

_CHUNK = 32768
_KEEPALIVE_SECONDS = 15
_DEAD_SECONDS = 60


class SshTarget:
    """A host's sshd. The connection is made by the first command, and made anew by the next one after a loss.

    `key` is a private key file, or None for the agent's keys and those in ~/.ssh. No command is ever run
    twice: what a lost one did, nobody knows.
    """

    def __init__(
        self,
        name: str,
        address: str,
        port: int,
        user: str,
        known_hosts: KnownHosts,
        key: Path | None = None,
        connect_seconds: float = 10.0,
    ) -> None:
        self.name = name
        self._address, self._port, self._user = address, port, user
        self._known_hosts, self._key, self._connect_seconds = known_hosts, key, connect_seconds
        self._transport: paramiko.Transport | None = None

    def run(
        self,
        command: Command,
        *,
        timeout: float = 60.0,
        stdin: IO[bytes] | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Result:
        """Runs the command through the login shell of the user, which has to be a POSIX one."""
        channel = self.open()
        try:
            channel.exec_command(command.shell())
            out, err = Collector(on_line), Collector()
            code = _converse(channel, stdin or BytesIO(command.stdin), out, err, time.monotonic() + timeout)
        except TimeoutError as exc:
            raise UnreachableError(f"{self.name}: no end after {timeout:g} s: {command}") from exc
        except (paramiko.SSHException, OSError, EOFError) as exc:
            raise UnreachableError(f"{self.name}: the connection was lost during: {command}") from exc
        finally:
            channel.close()
        return Result(command, code, out.finish(), err.finish())

    def open(self) -> paramiko.Channel:
        """A new session on the connection, which is made when there is none."""
        try:
            if self._transport is None or not self._transport.is_active():
                self._transport = self._connect()
            return self._transport.open_session(timeout=self._connect_seconds)
        except (OSError, EOFError, paramiko.SSHException) as exc:
            reason = str(exc) or type(exc).__name__
            raise UnreachableError(
                f"{self.name}: no connection to {self._user}@{self._address} port {self._port}: {reason}",
                hint=f"does `ssh -p {self._port} {self._user}@{self._address}` work?",
            ) from exc

    def close(self) -> None:
        """Ends the connection."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def _connect(self) -> paramiko.Transport:
        """A connection to the host that its key says it is, logged in."""
        sock = socket.create_connection((self._address, self._port), timeout=self._connect_seconds)
        _notice_death(sock)
        transport = paramiko.Transport(sock)
        transport.banner_timeout = transport.auth_timeout = self._connect_seconds
        try:
            _prefer(transport, self._known_hosts.key_types(self._address, self._port))
            transport.start_client(timeout=self._connect_seconds)
            self._known_hosts.check(self.name, self._address, self._port, transport.get_remote_server_key())
            log_in(transport, self.name, self._user, self._key)
            transport.set_keepalive(_KEEPALIVE_SECONDS)
        except BaseException:
            transport.close()
            raise
        return transport


def _notice_death(sock: socket.socket) -> None:
    """A peer that acknowledges nothing for a minute is gone (tcp(7)); else a partition hangs for hours."""
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _DEAD_SECONDS * 1000)


def _prefer(transport: paramiko.Transport, known: tuple[str, ...]) -> None:
    """Asks for the kinds of host key that are known first: another kind can't be compared."""
    options = transport.get_security_options()
    kinds = ["rsa-sha2-512", "rsa-sha2-256", *known] if "ssh-rsa" in known else list(known)
    wanted = [kind for kind in options.key_types if kind in kinds]
    options.key_types = (*wanted, *(kind for kind in options.key_types if kind not in kinds))


def _converse(
    channel: paramiko.Channel, source: IO[bytes], out: Collector, err: Collector, until: float
) -> int:
    """Feeds and drains the three streams at once: taking turns deadlocks (paramiko#1778)."""
    threads = (
        threading.Thread(target=_send, args=(channel, source), daemon=True),
        threading.Thread(target=_receive, args=(channel.recv_stderr, err), daemon=True),
    )
    for thread in threads:
        thread.start()
    while True:
        channel.settimeout(max(0.01, until - time.monotonic()))
        chunk = channel.recv(_CHUNK)
        if not chunk:
            break
        out.feed(chunk)
    if not channel.status_event.wait(max(0.01, until - time.monotonic())):
        raise TimeoutError
    threads[1].join(max(0.01, until - time.monotonic()))
    if channel.exit_status == -1:
        raise EOFError("no exit status")
    return channel.exit_status


def _send(channel: paramiko.Channel, source: IO[bytes]) -> None:
    """Small pieces: one sendall of everything copies the rest at each packet."""
    # ValueError: the program ended without reading all, and the file is closed already.
    with suppress(OSError, EOFError, paramiko.SSHException, ValueError):
        while chunk := source.read(_CHUNK):
            channel.sendall(chunk)
        channel.shutdown_write()


def _receive(read: Callable[[int], bytes], collector: Collector) -> None:
    with suppress(OSError, EOFError, paramiko.SSHException):
        while chunk := read(_CHUNK):
            collector.feed(chunk)
