"""A person at a terminal, joined to a program on a host."""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager

import paramiko

from beamwright.command import Command
from beamwright.errors import UnreachableError
from beamwright.transport.ssh import SshTarget

_CHUNK = 32768


def interact(target: SshTarget, command: Command, terminal: str = "xterm") -> int:
    """Runs the command with a terminal of its own, until it ends; gives its exit code.

    `terminal` is its kind (TERM). Keys go to it unread, Ctrl-C included (raw mode of termios(3)).
    UnreachableError when the connection is lost.
    """
    channel = target.open()
    size = shutil.get_terminal_size()
    try:
        channel.get_pty(terminal, size.columns, size.lines)
        channel.exec_command(command.shell())
        with _raw(sys.stdin.fileno()), _resizing(channel):
            _join(channel, sys.stdin.fileno(), sys.stdout.fileno())
        code = channel.recv_exit_status()
    except (OSError, paramiko.SSHException) as exc:
        raise UnreachableError(f"{target.name}: the connection was lost") from exc
    finally:
        channel.close()
    if code == -1:
        raise UnreachableError(f"{target.name}: the connection was lost")
    return code


def _join(channel: paramiko.Channel, keys: int, screen: int) -> None:
    """Copies both ways until the program closes its side."""
    sources: list[paramiko.Channel | int] = [channel, keys]
    while True:
        ready, _, _ = select.select(sources, [], [])
        if channel in ready:
            data = channel.recv(_CHUNK)
            if not data:
                return
            os.write(screen, data)
        if keys in ready:
            typed = os.read(keys, _CHUNK)
            if typed:
                channel.sendall(typed)
            else:
                channel.shutdown_write()
                sources = [channel]


@contextmanager
def _raw(keys: int) -> Iterator[None]:
    """The terminal in raw mode; whatever is no terminal stays as it is."""
    if not os.isatty(keys):
        yield
        return
    before = termios.tcgetattr(keys)
    try:
        tty.setraw(keys)
        yield
    finally:
        termios.tcsetattr(keys, termios.TCSADRAIN, before)


@contextmanager
def _resizing(channel: paramiko.Channel) -> Iterator[None]:
    """Tells the program when the window changes (SIGWINCH)."""

    def tell(*_: object) -> None:
        size = shutil.get_terminal_size()
        channel.resize_pty(size.columns, size.lines)

    before = signal.signal(signal.SIGWINCH, tell)
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)
