"""What keeps a fleet file from being a local fleet's is told at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from beamwright import local
from beamwright.errors import ConfigError
from beamwright.fleet import Fleet
from beamwright.local.fit import demand_fit
from tests.unit.local.conftest import LOCAL

INVENTORY, KEY = 'inventory = ".beamwright/inventory.toml"\n', 'key = ".beamwright/id_ed25519"\n'


def test_a_local_fleet_is_fit(local_fleet: Fleet) -> None:
    assert demand_fit(local_fleet) == local_fleet.ssh.key


@pytest.mark.parametrize("begin", [lambda fleet: local.up(fleet, print), local.describe])
@pytest.mark.parametrize(
    ("lacks", "more", "told"),
    [
        ((KEY,), "", ("a key of its own",)),
        ((INVENTORY, KEY), "", ("needs an inventory", "a key of its own")),
        ((INVENTORY, KEY), "port = 2222", ("says where ams2 is", "needs an inventory", "a key of its own")),
    ],
    ids=["the key", "inventory and key", "all"],
)
def test_all_that_is_in_the_way_is_told_at_once(
    write: Callable[[str], Fleet],
    begin: Callable[[Fleet], object],
    lacks: tuple[str, ...],
    more: str,
    told: tuple[str, ...],
) -> None:
    text = LOCAL
    for line in lacks:
        text = text.replace(line, "")
    with pytest.raises(ConfigError, match=told[0]) as caught:
        begin(write(text + more))
    # One is its own message; of several each is a line.
    lines = (caught.value.detail or caught.value.message).splitlines()
    assert [word in line for word, line in zip(told, lines, strict=True)] == [True] * len(told)
    assert len(caught.value.hint.splitlines()) == len(told)
