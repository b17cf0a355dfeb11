"""What tells one local fleet from another, and from hosts that are somebody's machines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet
from beamwright.local.identity import container_name, fleet_id, require_local


def test_two_clones_have_two_ids(local_fleet: Fleet) -> None:
    other = replace(local_fleet, path=Path("/elsewhere/fleet.toml"))
    assert fleet_id(local_fleet) != fleet_id(other)
    assert container_name(local_fleet, local_fleet.hosts[0]) != container_name(other, other.hosts[0])


def test_the_id_depends_on_nothing_but_the_path(local_fleet: Fleet) -> None:
    assert fleet_id(replace(local_fleet, clusters=())) == fleet_id(local_fleet)


def test_hosts_without_an_address_are_local(local_fleet: Fleet) -> None:
    require_local(local_fleet)


@pytest.mark.parametrize("where", ['address = "10.0.0.1"', "port = 2222"])
def test_a_fleet_that_says_where_a_host_is_is_refused(
    local_fleet: Fleet, write: Callable[[str], Fleet], where: str
) -> None:
    fleet = write(local_fleet.path.read_text() + where)
    with pytest.raises(ConfigError, match=r"not a local fleet: .*ams2"):
        require_local(fleet)
