"""A task of the command line: how it ends, whatever becomes of it."""

from __future__ import annotations

import functools
import logging
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import invoke.tasks
from invoke.context import Context
from invoke.exceptions import Exit

from beamwright.console import Screen, flags
from beamwright.errors import BeamwrightError

INTERRUPTED = 128
"""The exit code of a task that a signal ended is this and the signal's number: 130 after Ctrl-C."""


def task(function: Callable[..., None]) -> invoke.tasks.Task[Any]:
    """An Invoke task that ends with our exit codes, and without a traceback for what is not a bug."""

    @functools.wraps(function)
    def run(_: Context, **given: Any) -> None:
        screen = Screen(sys.stdout, sys.stderr)
        try:
            with interruptible(), told_what_is_logged(screen):
                function(screen, **flags.grouped(function, given))
        except BeamwrightError as exc:
            screen.error(exc)
            raise failed(screen, given, exc.exit_code, exc.message, exc.hint) from exc
        except KeyboardInterrupt as exc:
            screen.note("interrupted")
            code = INTERRUPTED + (exc.args[0] if exc.args else signal.SIGINT)
            raise failed(screen, given, code, "interrupted") from exc

    signature = flags.flat(function)
    run.__signature__ = signature  # type: ignore[attr-defined]
    known = {name: text for name, text in flags.HELP.items() if name in signature.parameters}
    return invoke.tasks.Task(run, help=known, auto_shortflags=False)


def failed(screen: Screen, given: Mapping[str, Any], code: int, error: str, hint: str = "") -> Exit:
    """The end of a task that failed; who wants JSON gets a document, if it is the only one."""
    if given.get("json") and not screen.told_json:
        screen.json({"error": error, "hint": hint, "exit_code": code})
    return Exit(code=code)


class Notes(logging.Handler):
    """What Beamwright logs, as lines of progress."""

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self._screen = screen

    def emit(self, record: logging.LogRecord) -> None:
        """Shows one record."""
        self._screen.note(record.getMessage())


@contextmanager
def told_what_is_logged(screen: Screen) -> Iterator[None]:
    """What Beamwright logs in the block is shown."""
    logger, notes = logging.getLogger("beamwright"), Notes(screen)
    logger.setLevel(logging.INFO)
    logger.addHandler(notes)
    try:
        yield
    finally:
        logger.removeHandler(notes)


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM and a closed terminal end the block as Ctrl-C does: what it has begun is cleared away."""

    def interrupt(number: int, _: object) -> None:
        raise KeyboardInterrupt(number)

    ending = [each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) == signal.SIG_DFL]
    for each in ending:
        signal.signal(each, interrupt)
    try:
        yield
    finally:
        for each in ending:
            signal.signal(each, signal.SIG_DFL)
