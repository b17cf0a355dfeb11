"""How a roll-out ends before its end: an action that failed, or Ctrl-C."""

from __future__ import annotations

from dataclasses import replace

from beamwright.command import Result
from beamwright.rollout.lanes import Operation, undone
from beamwright.rollout.plan import Action


class Failure(Exception):
    """An action that went wrong: why in one line, the log, and whether the host was lost over it.

    `others` are those of other hosts that went wrong at the same time.
    """

    def __init__(self, action: Action, why: str, log: str = "", lost: bool = False) -> None:
        super().__init__(f"{f'{action.host}: ' if action.host else ''}{action.text}: {why}")
        self.action, self.why, self.log, self.lost = action, why, log, lost
        self.others: tuple[Failure, ...] = ()


class Stopped(Exception):
    """Somebody pressed Ctrl-C; what had begun has ended."""


def not_done(operation: Operation, result: Result, why: str, lost: bool = False) -> Failure:
    """The failure of the action that an operation, which ended so, did not bring to its end."""
    failed, said = undone(operation, result.stdout)
    return Failure(failed, why, replace(result, stdout=said).tail(50), lost)
