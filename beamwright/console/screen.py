"""The terminal: rich where a person watches, plain lines where none does.

rich is loaded with the first line that is printed: a build has better things to do as it begins.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any

from beamwright.errors import BeamwrightError, ConfigError

if TYPE_CHECKING:
    from rich.console import Console


class Screen:
    """Where a task prints. `out` is for results, `err` for everything that is not one.

    `told_json`: the result for programs has been printed.
    """

    def __init__(self, out: IO[str], err: IO[str]) -> None:
        for stream in (out, err):
            if isinstance(stream, io.TextIOWrapper):
                # A locale without ✔ gets a ? and not a traceback.
                stream.reconfigure(errors="replace")
        self._out, self._err = out, err
        self.told_json = False

    @cached_property
    def out(self) -> Console:
        """Where results go."""
        console = _console(self._out)
        if not console.is_terminal:
            # Whoever reads a file or a pipe wants a row on a line, not 80 columns.
            console.width = 1000
        return console

    @cached_property
    def err(self) -> Console:
        """Where everything else goes."""
        return _console(self._err)

    def note(self, text: str) -> None:
        """A line of progress, when there is anything to tell."""
        if text:
            self.err.print(text, style="dim", markup=False)

    def warn(self, text: str) -> None:
        """A line that should not be missed, and ends nothing."""
        self.err.print(f"[bold yellow]warning[/bold yellow] {_escape(text)}")

    def heading(self, text: str) -> None:
        """The name of a phase."""
        self.err.print(f"\n[bold]{_escape(text)}[/bold]")

    def line(self, good: bool, text: str, seconds: float | None = None) -> None:
        """How one thing ended: ✔ or ✘, what, and how long it took."""
        mark = "[green]✔[/green]" if good else "[red]✘[/red]"
        spent = f"  [dim]{seconds:.1f} s[/dim]" if seconds is not None else ""
        self.err.print(f"  {mark} {_escape(text)}{spent}")

    def say(self, text: str) -> None:
        """A line of a result."""
        self.out.print(text, markup=False)

    def raw(self, text: str) -> None:
        """Text as it came from a host, untouched: rich would spread tabs and drop control characters."""
        self._out.write(text.rstrip("\n") + "\n")
        self._out.flush()

    def json(self, value: Any) -> None:
        """The result for programs: one JSON document, alone on standard output."""
        self._out.write(json.dumps(value, indent=2) + "\n")
        self.told_json = True

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> None:
        """A result in columns; those numbered in `right`, from 0, hold numbers."""
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
        for number, head in enumerate(heads):
            table.add_column(head, overflow="fold", justify="right" if number in right else "left")
        for row in rows:
            table.add_row(*[Text(cell) for cell in row])
        self.out.print(table)

    def error(self, exc: BeamwrightError) -> None:
        """One clear error: what and where, what another program printed, and how to mend it."""
        self.err.print(f"[red bold]error[/red bold] {_escape(exc.message)}")
        if exc.detail:
            self.err.print("\n".join(f"  │ {_escape(line)}" for line in exc.detail.rstrip().splitlines()))
        if exc.hint:
            first, *more = exc.hint.splitlines()
            self.err.print("\n".join([f"[bold]hint[/bold]  {_escape(first)}", *map(_escape, more)]))

    def again(self, seconds: float | None, show: Callable[[], None]) -> None:
        """Shows once, or until Ctrl-C with so many seconds between, on a cleared screen, past any error."""
        if seconds is None:
            show()
            return
        with suppress(KeyboardInterrupt):
            while True:
                self.out.clear()
                try:
                    show()
                except BeamwrightError as exc:
                    self.error(exc)
                time.sleep(seconds)

    def confirm(self, question: str, yes: bool, read: Callable[[], str]) -> None:
        """Asks, unless `yes`; ConfigError when the answer is not y, or nobody is there to answer."""
        if yes:
            return
        if not self.err.is_terminal:
            raise ConfigError(
                f"{question} Nobody is here to ask.", hint="pass --yes, or name hosts with --hosts"
            )
        self.err.print(f"{question} [y/N] ", end="", markup=False)
        answer = ""
        with suppress(EOFError):
            answer = read()
        if answer.strip().lower() not in ("y", "yes"):
            raise ConfigError("nothing was done")


def _console(stream: IO[str]) -> Console:
    from rich.console import Console

    return Console(file=stream, highlight=False, soft_wrap=True, emoji=False)


def _escape(text: str) -> str:
    """The text with nothing in it that rich would take for markup."""
    from rich.markup import escape

    return escape(text)
