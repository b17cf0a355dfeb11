"""How hosts are told to be, and what that comes to."""

from __future__ import annotations

import json

import pytest

from beamwright import rollout
from beamwright.errors import UnreachableError, VerifyError
from tests.unit.rollout.memory import MemoryFleet


def test_a_host_that_is_down_is_told_beside_the_others_and_then_is_an_error(deployed: MemoryFleet) -> None:
    deployed.hosts["ams2"].down = True
    found = rollout.status(deployed.fleet, deployed.fleet.hosts, deployed.connect)
    assert [(host.name, host.reachable, len(host.nodes)) for host in found] == [
        ("ams1", True, 2),
        ("ams2", False, 2),
    ]
    assert [str(host.error or "") for host in found] == ["", "ams2: no connection"]
    assert "no connection" in json.dumps(rollout.as_json(found))
    with pytest.raises(UnreachableError, match="ams2: no connection"):
        rollout.demand_all(found)


def test_hosts_that_answer_are_no_error(deployed: MemoryFleet) -> None:
    rollout.demand_all(rollout.status(deployed.fleet, deployed.fleet.hosts, deployed.connect))


def test_hosts_without_a_release_are_told_before_all_checks_fail_there(deployed: MemoryFleet) -> None:
    rollout.demand_deployed(deployed.fleet, deployed.fleet.hosts, deployed.connect)
    deployed.hosts["ams2"].current = None
    with pytest.raises(VerifyError, match="nothing is deployed on ams2:") as told:
        rollout.demand_deployed(deployed.fleet, deployed.fleet.hosts, deployed.connect)
    assert "beamwright deploy" in told.value.hint
    deployed.hosts["ams1"].down = True
    with pytest.raises(UnreachableError, match="ams1"):
        rollout.demand_deployed(deployed.fleet, deployed.fleet.hosts, deployed.connect)
