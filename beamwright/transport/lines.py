"""Output as it comes, in bytes, told on line by line."""

from __future__ import annotations

from collections.abc import Callable


class Collector:
    """Keeps everything that is fed to it; `on_line` gets each line, without its end, once it is complete."""

    def __init__(self, on_line: Callable[[str], None] | None = None) -> None:
        self._chunks: list[bytes] = []
        self._open = b""
        self._on_line = on_line

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes."""
        self._chunks.append(chunk)
        if self._on_line:
            *complete, self._open = (self._open + chunk).split(b"\n")
            for line in complete:
                self._on_line(_text(line))

    def finish(self) -> str:
        """All of it as text; a last line without an end is told on now."""
        if self._on_line and self._open:
            self._on_line(_text(self._open))
            self._open = b""
        return _text(b"".join(self._chunks))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
