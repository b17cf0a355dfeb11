"""A TCP proxy between the deployer and a host's sshd, which breaks where it is told to."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_CHUNK = 1 << 16


@dataclass
class Link:
    """Passes on what comes to 127.0.0.1:`port`. `cuts` is how often it broke; later ones are whole."""

    address: str
    port: int = 0
    cuts: int = 0
    _left: int | None = None
    _half: bool = False
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def cut(self, after: int, half: bool = False) -> None:
        """Breaks when so many more bytes have gone to the host: both ways, or with `half` only that way."""
        with self._turn:
            self._left, self._half = after, half

    def carry(self, near: socket.socket) -> None:
        """One connection, until it ends."""
        with near, socket.create_connection((self.address, 22), timeout=10) as far:
            far.settimeout(None)
            back = threading.Thread(target=_pass_on, args=(far, near, len), daemon=True)
            back.start()
            if not _pass_on(near, far, self._let) and self._half:
                far.shutdown(socket.SHUT_WR)
                _pass_on(near, far, lambda _: 0, swallow=True)
            for end in (near, far):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            back.join()

    def _let(self, chunk: bytes) -> int:
        """How much of the chunk passes; less than all of it is the cut."""
        with self._turn:
            if self._left is None:
                return len(chunk)
            if len(chunk) <= self._left:
                self._left -= len(chunk)
                return len(chunk)
            left, self._left = self._left, None
            self.cuts += 1
            return left


def _pass_on(
    source: socket.socket, sink: socket.socket, let: Callable[[bytes], int], swallow: bool = False
) -> bool:
    """Until the source ends (true), or `let` takes less than there is (false, unless that is swallowed)."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(_CHUNK):
            sink.sendall(chunk[: (passes := let(chunk))])
            if passes < len(chunk) and not swallow:
                return False
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
    return True


@contextmanager
def link(address: str) -> Iterator[Link]:
    """A link to the sshd at the address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        made = Link(address, server.getsockname()[1])

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    near, _ = server.accept()
                    threading.Thread(target=made.carry, args=(near,), daemon=True).start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        yield made
        # accept(2) goes on in a socket that is closed, but not in one that is shut down.
        server.shutdown(socket.SHUT_RDWR)
        accepting.join()
