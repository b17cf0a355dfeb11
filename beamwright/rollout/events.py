"""What a roll-out tells while it goes on; whoever watches prints it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from beamwright.rollout.outcome import Outcome
from beamwright.rollout.plan import Plan

Kind = Literal["phase", "start", "done", "fail", "detail", "plan", "end"]


@dataclass(frozen=True)
class Event:
    """One thing to tell.

    `phase`: a heading, `text` names it. `start`, `done`, `fail`: an action on `host` begins, has ended well
    or badly after `seconds`, which the last of those tells that are one operation; those of it after one that
    ended badly have no end. `detail`: a line that belongs to what was told before, such as a log line.
    `plan`: what a dry run would do. `end`: `outcome` says how everything stands, also when an error is
    raised next.
    """

    kind: Kind
    text: str
    host: str = ""
    seconds: float = 0.0
    outcome: Outcome | None = None
    plan: Plan | None = None


Watcher = Callable[[Event], None]


def one_at_a_time(watch: Watcher) -> Watcher:
    """The same watcher, which hosts that are at work at once take turns to call."""
    turn = threading.Lock()

    def tell(event: Event) -> None:
        with turn:
            watch(event)

    return tell


def tell_log(watch: Watcher, host: str, log: str) -> None:
    """Tells each line of a log."""
    for line in log.splitlines():
        watch(Event("detail", line, host))


def ignore(_: Event) -> None:
    """The watcher that nobody listens to."""
