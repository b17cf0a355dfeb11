"""Amounts, and flags in place of [deploy]."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet
from beamwright.fleet.pace import paced
from beamwright.fleet.share import Amount, amount


@pytest.mark.parametrize(
    ("share", "total", "count"),
    [("0", 9, 0), ("3", 9, 3), ("3", 2, 3), ("25%", 9, 2), ("25%", 3, 0), ("100%", 9, 9), ("0%", 9, 0)],
)
def test_a_share_is_rounded_down(share: str, total: int, count: int) -> None:
    assert amount(share).of(total) == count
    assert str(amount(share)) == share


def test_flags_count_more_than_the_file(bend: Callable[[str, str], Fleet]) -> None:
    fleet = bend("[project]", '[deploy]\nbatch = "2"\nmax_fail = "1"\n[project]')
    deploy = paced(fleet, {"batch": "1,50%", "max_fail": "", "on_fail": "stop"}).deploy
    assert (deploy.batch, deploy.max_fail, deploy.on_fail) == (
        (Amount(1), Amount(50, True)),
        Amount(1),
        "stop",
    )
    assert paced(fleet, {}) == fleet


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"batch": "0"}, '--batch: must be numbers or percentages above 0, such as "1,25%,100%", is "0"'),
        ({"max_fail": "-1"}, "--max-fail: must be a number in quotes or a percentage"),
        ({"on_fail": "wait"}, '--on-fail: must be "revert" or "stop", is "wait"$'),
    ],
)
def test_a_wrong_flag_is_named(bend: Callable[[str, str], Fleet], flags: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        paced(bend("[project]", "[project]"), flags)
