"""Restarts and rollbacks over hosts in memory."""

from __future__ import annotations

import pytest

from beamwright import rollout
from beamwright.errors import (
    ConfigError,
    UnconfirmedError,
)
from beamwright.rollout import Outcome
from tests.unit.rollout.deploying import Make, deploy
from tests.unit.rollout.memory import MemoryFleet


def test_restart_touches_one_node_after_the_other_and_nothing_else(deployed: MemoryFleet) -> None:
    rollout.restart(deployed.fleet, deployed.fleet.hosts, deployed.events.append, connect=deployed.connect)
    assert deployed.changes() == [
        f"{host}: restart courier@{number}.service" for host in ("ams1", "ams2") for number in (1, 2)
    ]


def test_a_restart_that_fails_stops_there(deployed: MemoryFleet) -> None:
    deployed.failing = {("0.1.0", "2@ams1")}
    with pytest.raises(UnconfirmedError, match="courier2@ams1"):
        rollout.restart(deployed.fleet, deployed.fleet.hosts, connect=deployed.connect)
    assert deployed.changes()[-1] == "ams1: restart courier@2.service"


def roll_back(memory: MemoryFleet, to: str = "") -> Outcome:
    return rollout.rollback(
        memory.fleet, memory.fleet.hosts, to, memory.events.append, connect=memory.connect
    )


def test_rollback_goes_to_the_release_before(deployed: MemoryFleet, make_artifact: Make) -> None:
    first = make_artifact("0.1.0").release_id
    deploy(deployed, make_artifact("0.2.0"))
    roll_back(deployed)
    assert {host.current for host in deployed.hosts.values()} == {first}
    assert {release for host in deployed.hosts.values() for release in host.running.values()} == {first}


def test_rollback_after_an_interrupted_deploy_leads_every_host_to_what_it_ran(
    deployed: MemoryFleet, make_artifact: Make
) -> None:
    first = make_artifact("0.1.0").release_id
    deployed.hosts["ams1"].switch("courier", "0.2.0-abcdef")
    roll_back(deployed)
    assert {host.current for host in deployed.hosts.values()} == {first}


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("", "no earlier release to go back to"),
        ("0.9.0", "no release 0.9.0 on these hosts"),
    ],
)
def test_rollback_to_nowhere_is_refused(deployed: MemoryFleet, to: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        roll_back(deployed, to)
    assert deployed.calls == []


def test_rollback_to_a_version(deployed: MemoryFleet, make_artifact: Make) -> None:
    deploy(deployed, make_artifact("0.2.0"))
    deploy(deployed, make_artifact("0.3.0"))
    roll_back(deployed, "0.1.0")
    assert deployed.hosts["ams1"].current == make_artifact("0.1.0").release_id
