"""What is looked at before a build is used, one thing after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from beamwright.errors import BuildError, ConfigError


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, and what is wrong with it: nothing when it holds."""

    text: str
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Whether it holds."""
        return not self.problem


def look(text: str, at: Callable[[], str]) -> Check:
    """The check that `at` makes: what it gives is said of what holds, what it raises is the problem."""
    try:
        return Check(f"{text}: {at()}")
    except (BuildError, ConfigError) as exc:
        return Check(text, " / ".join(filter(None, (exc.message, *exc.detail.splitlines()))))


def demand(checks: Iterable[Check]) -> None:
    """BuildError that names what does not hold, when something does not."""
    if wrong := [check for check in checks if not check.ok]:
        raise BuildError(
            f"{len(wrong)} of the checks failed, do not use this build: {wrong[0].text}: {wrong[0].problem}",
            hint="get it again from who built it, or build it again",
        )
