"""A roll-out as people like to watch it: headings, a line for each action as it ends, what still runs."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from beamwright.console import tables
from beamwright.console.screen import Screen
from beamwright.rollout import Event, Outcome, Plan, document

if TYPE_CHECKING:
    from rich.live import Live
    from rich.spinner import Spinner


class Progress:
    """A watcher of events, for a `with` block; where nobody watches it prints the finished lines only."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._outcome: Outcome | None = None
        self._plan: Plan | None = None
        self._running: dict[tuple[str, str], Spinner] = {}
        self._live: Live | None = None

    def __enter__(self) -> Progress:
        if self._screen.err.is_terminal:
            from rich.live import Live

            self._live = Live(console=self._screen.err, refresh_per_second=8, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._live:
            self._live.stop()

    def __call__(self, event: Event) -> None:
        """Shows one event."""
        text = _text(event)
        if event.kind == "phase":
            self._screen.heading(event.text)
        elif event.kind in ("done", "fail"):
            self._screen.line(event.kind == "done", text, event.seconds or None)
        elif event.kind == "detail":
            self._screen.note(f"    {text}")
        self._outcome = event.outcome or self._outcome
        self._plan = event.plan or self._plan
        if self._live:
            self._draw(self._live, event)

    def tell(self, json: bool) -> None:
        """What it came to, or would come to: as a table, a plan, or both as JSON."""
        if json and self._outcome:
            planned = {"plan": document(self._plan)} if self._plan else {}
            self._screen.json(self._outcome.as_json() | planned)
        elif self._plan:
            tables.show_plan(self._screen, self._plan)
        elif self._outcome:
            tables.show_outcome(self._screen, self._outcome)

    def _draw(self, live: Live, event: Event) -> None:
        """The actions that run now, each with its spinner."""
        from rich.spinner import Spinner
        from rich.table import Table

        key = event.host, event.text
        if event.kind == "phase":
            self._running.clear()  # what was not come to
        elif event.kind == "start":
            self._running[key] = Spinner("dots", text=_text(event))
        elif event.kind in ("done", "fail"):
            self._running.pop(key, None)
        grid = Table.grid()
        for spinner in self._running.values():
            grid.add_row(spinner)
        live.update(grid)


def _text(event: Event) -> str:
    return f"{event.host}: {event.text}" if event.host else event.text
