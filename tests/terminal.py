"""A terminal in a box, and somebody who types in it."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import docker
from docker.models.containers import Container

SECONDS = 30
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Terminal:
    """A shell's terminal; `shown` is all that was on it so far, without colours."""

    def __init__(self, api: docker.APIClient, job: str, connection: socket.socket) -> None:
        self._api, self._job, self._connection = api, job, connection
        self._bytes, self.shown, self._seen = b"", "", 0

    def resize(self, lines: int, columns: int) -> None:
        """As when somebody draws the window larger or smaller."""
        self._api.exec_resize(self._job, height=lines, width=columns)

    def type(self, keys: str, pattern: str) -> str:
        """Presses keys (Return is \\r, Ctrl-C is \\x03): what is shown next of the regular expression."""
        self._connection.sendall(keys.encode())
        deadline = time.monotonic() + SECONDS
        while not (found := re.compile(pattern).search(self.shown, self._seen)):
            self._connection.settimeout(max(deadline - time.monotonic(), 0.01))
            try:
                data = self._connection.recv(1 << 16)
            except TimeoutError:
                data = b""
            assert data, f"after {keys!r} no {pattern!r} was shown, but:\n{self.shown[self._seen :]!r}"
            self._bytes += data
            self.shown = COLOURS.sub("", self._bytes.decode(errors="replace"))
        self._seen = found.end()
        return found.group()

    def settings(self) -> str:
        """What the shell's `stty -a` says."""
        return self.type("stty -a; echo en''d\r", r"speed(?s:.)*?\send")


@contextmanager
def open_terminal(box: Container, user: str, env: Mapping[str, str]) -> Iterator[Terminal]:
    """A terminal of 37 lines and 111 columns with `sh`, in the container."""
    assert box.client is not None
    api, known = box.client.api, {"TERM": "xterm", **env}
    job = api.exec_create(box.id, ["sh"], stdin=True, tty=True, user=user, environment=known)["Id"]
    stream = cast(Any, api.exec_start(job, tty=True, socket=True))
    try:
        # The SDK's stream is for reading alone.
        with socket.socket(fileno=os.dup(stream.fileno())) as connection:
            terminal = Terminal(api, job, connection)
            terminal.resize(37, 111)
            yield terminal
    finally:
        # The SDK leaves this to its caller and has no public name for it (as in Box.run).
        stream._response.close()
