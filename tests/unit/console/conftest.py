"""A screen that writes into memory, watched by nobody or by a person."""

from __future__ import annotations

import io

import pytest

from beamwright.console import Screen


class Terminal(io.StringIO):
    """A stream that says that a person watches it."""

    def isatty(self) -> bool:
        return True


class Printed:
    """A screen and what it has printed."""

    def __init__(self, kind: type[io.StringIO] = io.StringIO) -> None:
        self._out, self._err = kind(), kind()
        self.screen = Screen(self._out, self._err)

    @property
    def out(self) -> str:
        return self._out.getvalue()

    @property
    def err(self) -> str:
        return self._err.getvalue()


@pytest.fixture
def plain() -> Printed:
    """Nobody watches."""
    return Printed()


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Printed:
    """A person watches, on a terminal without colours."""
    monkeypatch.setenv("TERM", "dumb")
    return Printed(Terminal)
