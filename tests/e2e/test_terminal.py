"""The shells of the tarball by hand on a real terminal: keys, window, and what is left of the terminal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hand import Hand
from tests.terminal import Terminal

pytestmark = pytest.mark.docker

PROMPT = r"\d+> "
CTRL_C, CTRL_D, CTRL_G, LEFT, BACKSPACE, END = "\x03", "\x04", "\x07", "\x1b[D", "\x7f", "\x05"


@pytest.fixture
def terminal(hand: Hand) -> Iterator[Terminal]:
    """A terminal, which is afterwards what it was before."""
    with hand.terminal() as opened:
        before = opened.settings()
        yield opened
        assert opened.settings() == before


def edit(hand: Hand, terminal: Terminal) -> None:
    """A shell that knows the window and letters of more than one byte, and is told of a new window."""
    columns, dot = (":io.columns()", "") if hand.elixir else ("io:columns()", ".")
    for width in (97, 111):
        terminal.resize(37, width)
        terminal.type(f"{columns}{dot}\r", rf"\{{:?ok, *{width}\}}")
        terminal.type("", PROMPT)
    terminal.type(f'{{"g€x{LEFT}{BACKSPACE}ö{END}", 6*7}}{dot}\r', r'\{"göx", *42\}')
    terminal.type("", PROMPT)


def test_console(hand: Hand, terminal: Terminal) -> None:
    terminal.type('"$it" console; echo "left: $?"\r', PROMPT)
    edit(hand, terminal)
    terminal.type(CTRL_C, r"BREAK: \(a\)bort")
    terminal.type("a\r", "left: 0")
    terminal.type('"$it" console; echo "left: $?"\r', PROMPT)
    terminal.type("System.stop()\r" if hand.elixir else "q().\r", "left: 0")


def test_remote(daemon: Hand, terminal: Terminal) -> None:
    start = '"$it" remote; echo "left: $?"\r'
    terminal.type(start, PROMPT)
    edit(daemon, terminal)
    terminal.type(CTRL_C, r"BREAK: \(a\)bort")
    terminal.type("a\r", "left: 0")
    terminal.type(start, PROMPT)
    terminal.type(CTRL_G, " --> ")
    terminal.type("q\r", "left: 0")
    assert daemon.ok('"$it" ping') == "pong"
    terminal.type(start, PROMPT)
    daemon.ok('"$it" stop')
    terminal.type("", f"{daemon.node} is gone")
    terminal.type("", "left: 1")
    daemon.ok('"$it" daemon')


def test_attach(daemon: Hand, terminal: Terminal) -> None:
    terminal.type('"$it" attach; echo "left: $?"\r', PROMPT)
    edit(daemon, terminal)
    # Nobody stops the system by the key that ends everything else.
    terminal.type(f"{CTRL_C}{CTRL_G}", " --> ")
    terminal.type("c\r", PROMPT)
    terminal.type(CTRL_D, "left: 0")
    assert daemon.ok('"$it" ping') == "pong"
    daemon.ok('"$it" stop')
    gone = daemon.sh('"$it" attach')
    assert (gone.exit_code, gone.stdout) == (1, f"ERROR: {daemon.node} has no daemon to attach to")
    daemon.ok('"$it" daemon')
