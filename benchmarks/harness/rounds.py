"""Rounds, in which every tool has its turn; a peer that fails in one is not measured, and ends nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from beamwright.errors import UnreachableError
from benchmarks.harness.figures import Log

OURS = "Beamwright"
T = TypeVar("T")


def turns(ways: Mapping[str, Callable[[], T]], log: Log) -> dict[str, T]:
    """What each tool's way gives, one after the other; without those of peers that failed, which is told."""
    done = dict[str, T]()
    for title, way in ways.items():
        try:
            done[title] = way()
        except UnreachableError as failed:
            if title == OURS:
                raise
            log(f"{title}: {failed.message}\n{failed.detail}")
    return done


def rotated(ways: Mapping[str, T], number: int) -> dict[str, T]:
    """The same ways, beginning with another one in each round: what comes before may still slow the first."""
    order = list(ways.items())
    first = number % len(order)
    return dict(order[first:] + order[:first])


def of_all(rounds: Sequence[Mapping[str, T]], title: str) -> tuple[T, ...]:
    """What a tool did in each round; nothing when it failed in one."""
    done = tuple(each[title] for each in rounds if title in each)
    return done if len(done) == len(rounds) else ()
