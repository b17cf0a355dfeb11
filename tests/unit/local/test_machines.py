"""What the Vagrantfile asks and tells."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from beamwright import fleet as fleets
from beamwright import local
from beamwright.errors import ConfigError
from beamwright.fleet import Fleet
from beamwright.local.container import FLAGS, run_arguments

AMS1 = {"host": "ams1", "address": "172.17.0.4", "port": 22, "key": "ssh-ed25519 AAAA"}


def test_the_description_is_json_and_complete(local_fleet: Fleet) -> None:
    machines = json.loads(json.dumps(local.describe(local_fleet)))
    assert machines["hosts"] == ["ams1", "ams2"]
    assert machines["user"] == machines["environment"]["BEAMWRIGHT_SSH_USER"] == "deploy"
    assert machines["environment"]["BEAMWRIGHT_AUTHORIZED_KEY"].startswith("ssh-ed25519 ")
    assert machines["image"].startswith("beamwright-host:")
    assert set(run_arguments()) < set(machines["arguments"])


def test_docker_run_gets_every_flag_of_the_sdk() -> None:
    given = {word.partition("=")[0].removeprefix("--").replace("-", "_") for word in run_arguments()}
    assert given == set(FLAGS)
    assert "--cap-drop=SYS_RESOURCE" in run_arguments()
    assert "--tmpfs=/run:exec,mode=755" in run_arguments()


def test_adopted_machines_are_where_the_fleet_finds_them(local_fleet: Fleet) -> None:
    local.adopt(local_fleet, json.dumps([AMS1]))
    assert fleets.load(local_fleet.path).hosts[0].address == "172.17.0.4"
    assert local_fleet.ssh.known_hosts.read_text().startswith("172.17.0.4 ssh-ed25519 AAAA ")
    assert local_fleet.cookie.exists()


def test_adopting_none_forgets_them(local_fleet: Fleet) -> None:
    local.adopt(local_fleet, json.dumps([AMS1]))
    local.adopt(local_fleet, "[]")
    assert fleets.load(local_fleet.path).hosts[0].address is None


@pytest.mark.parametrize(
    "places",
    ["", "{}", "[1]", json.dumps([{"host": "ams1"}]), json.dumps([AMS1 | {"host": "ams9"}])],
    ids=["nothing", "no list", "no place", "half a place", "an unknown host"],
)
def test_what_is_no_list_of_places_is_refused(local_fleet: Fleet, places: str) -> None:
    with pytest.raises(ConfigError):
        local.adopt(local_fleet, places)
    assert local_fleet.inventory is not None
    assert not local_fleet.inventory.exists()


def test_a_fleet_without_an_inventory_is_refused(local_fleet: Fleet) -> None:
    with pytest.raises(ConfigError, match="needs an inventory"):
        local.describe(replace(local_fleet, inventory=None))
