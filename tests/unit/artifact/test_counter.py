"""The counter grows, whatever the clock does."""

from __future__ import annotations

import pytest

from beamwright.artifact.counter import next_counter
from beamwright.artifact.manifest import Manifest


def built(counter: int, name: str = "courier", environment: str = "production") -> Manifest:
    return Manifest(name, "1.0", "amd64", "15", "27", "now", (), environment, counter)


@pytest.mark.parametrize(
    ("builds", "now", "counter"),
    [
        ([], 1000.9, 1000),
        ([built(900)], 1000, 1000),
        ([built(900), built(2000), built(1500)], 1000, 2001),
        ([built(1000)], 1000, 1001),
        ([built(2000, name="depot"), built(2000, environment="staging")], 1000, 1000),
    ],
    ids=["the first", "in its time", "the clock went back", "two in a second", "others do not count"],
)
def test_the_next_counter(builds: list[Manifest], now: float, counter: int) -> None:
    assert next_counter(builds, "courier", "production", now) == counter
