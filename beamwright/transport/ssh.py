"""A machine over SSH: one connection, kept; known host keys only; a deadline on everything."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import IO

import paramiko

from beamwright.command import Command, Result
from beamwright.errors import NoAnswerError, UnreachableError
from beamwright.transport.dial import Dialer
from beamwright.transport.lines import Collector
from beamwright.transport.route import Route

# paramiko logs a traceback for every connection that ends badly; our errors say it in one line.
logging.getLogger("paramiko").addHandler(logging.NullHandler())
logging.getLogger("paramiko").propagate = False

_CHUNK = 32768


class SshTarget:
    """A host's sshd. The connection is made by the first command, and made anew by the next one after a loss.

    No command is ever run twice: what a lost one did, nobody knows.
    """

    def __init__(self, name: str, route: Route, dialer: Dialer) -> None:
        self.name = name
        self._route, self._dialer = route, dialer
        self._transport: paramiko.Transport | None = None
        self._turn = threading.Lock()

    def run(
        self,
        command: Command,
        *,
        timeout: float = 60.0,
        stdin: IO[bytes] | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Result:
        """Runs the command through the login shell of the user, which has to be a POSIX one."""
        channel, until = self.open(), time.monotonic() + timeout
        try:
            _execute(channel, command.shell(), timeout)
            out, err = Collector(on_line), Collector()
            code = _converse(channel, stdin or BytesIO(command.stdin), out, err, until)
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
            return self._connection().open_session(timeout=self._dialer.connect_seconds)
        except (OSError, EOFError, paramiko.SSHException) as exc:
            reason = str(exc) or type(exc).__name__
            raise NoAnswerError(
                f"{self.name}: no connection to {self._route}: {reason}",
                hint=f"does `{self._route.command()}` work?",
            ) from exc

    def _connection(self) -> paramiko.Transport:
        """The connection, which is one, however many ask for it at once."""
        with self._turn:
            if self._transport is None or not self._transport.is_active():
                self._transport = self._dialer.dial(self.name, self._route)
            return self._transport

    def close(self) -> None:
        """Ends the connection."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None


def _execute(channel: paramiko.Channel, line: str, seconds: float) -> None:
    """Has the server start the command; TimeoutError when it does not say in time that it has."""
    overdue = threading.Event()

    def give_up() -> None:
        overdue.set()
        channel.get_transport().close()

    # paramiko waits for the answer without end.
    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()
    try:
        channel.exec_command(line)
    except (paramiko.SSHException, OSError, EOFError) as exc:
        if overdue.is_set():
            raise TimeoutError from exc
        raise
    finally:
        timer.cancel()


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
