"""Amounts that are a number or a share: `2`, `25%`; and batches of them, `1,25%,100%`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from beamwright.fleet.rule import Rule

_NUMBER = r"[0-9]{1,5}|(100|[1-9]?[0-9])%"
_SOME = r"[1-9][0-9]{0,4}|(100|[1-9][0-9]?)%"

Share = Annotated[str, Rule(rf"^({_NUMBER})$", 'a number in quotes or a percentage, such as "2" or "25%"')]

Batch = Annotated[
    str,
    Rule(
        rf"^({_SOME})(,({_SOME})){{0,31}}$",
        'numbers or percentages above 0, such as "1,25%,100%"',
        lambda text: text.replace(" ", ""),
    ),
]


@dataclass(frozen=True)
class Amount:
    """A number, or so many of a hundred."""

    number: int
    percent: bool = False

    def of(self, total: int) -> int:
        """How many of `total` that is: a share is rounded down; a number counts as it is."""
        return total * self.number // 100 if self.percent else self.number

    def __str__(self) -> str:
        return f"{self.number}{'%' if self.percent else ''}"


def amount(share: str) -> Amount:
    """The amount that a Share says."""
    return Amount(int(share.removesuffix("%")), share.endswith("%"))


def amounts(batch: str) -> tuple[Amount, ...]:
    """The amounts that a Batch says."""
    return tuple(amount(share) for share in batch.split(","))
