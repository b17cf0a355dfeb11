"""What a fault is: a value with a name, how it strikes and how it is mended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.e2e.faults.deployment import Deployment, Told
from tests.e2e.faults.steps import Step
from tests.e2e.faults.yard import Yard


@dataclass(frozen=True)
class Blow:
    """Where a fault strikes: the step, so many seconds into it (0: before it), and the host."""

    step: Step
    seconds: float
    host: str


def _nothing(yard: Yard, blow: Blow) -> None:
    """Mends itself."""


def _seen(yard: Yard, told: Told) -> None:
    """Nothing else."""


@dataclass(frozen=True)
class Fault:
    """`strike` while the deploy goes on; `mend` follows `lasts` seconds later, or after its end (None).

    `look` is what else has to hold then. `linked`: the deployer reaches the hosts by way of the yard's links.
    """

    name: str
    strike: Callable[[Yard, Blow, Deployment], None]
    mend: Callable[[Yard, Blow], None] = _nothing
    lasts: float | None = None
    most_seconds: float = 1.5
    look: Callable[[Yard, Told], None] = _seen
    linked: bool = False

    def __str__(self) -> str:
        return self.name
