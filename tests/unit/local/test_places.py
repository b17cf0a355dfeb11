"""Where hosts are: the inventory and known_hosts, and what of others' must stay in them."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest

from beamwright import fleet as fleets
from beamwright.errors import ConfigError
from beamwright.fleet import Fleet
from beamwright.local.places import Place, inventory_text, known_hosts_lines, record

AMS1 = Place("ams1", "172.18.0.2", 22, "ssh-ed25519 AAAA1")
AMS2 = Place("ams2", "127.0.0.1", 2200, "ssh-ed25519 AAAA2")
MARK = "beamwright-local-0123456789"


def test_the_inventory_names_every_host_with_address_and_port() -> None:
    dotted = replace(AMS2, host="ams2.example.org")
    assert tomllib.loads(inventory_text([AMS1, dotted]))["hosts"] == {
        "ams1": {"address": "172.18.0.2", "port": 22},
        "ams2.example.org": {"address": "127.0.0.1", "port": 2200},
    }


@pytest.mark.parametrize(
    ("before", "places", "after"),
    [
        ([], [AMS1], [f"172.18.0.2 ssh-ed25519 AAAA1 {MARK}"]),
        ([], [AMS2], [f"[127.0.0.1]:2200 ssh-ed25519 AAAA2 {MARK}"]),
        (["git.example.org ssh-rsa AAAA"], [], ["git.example.org ssh-rsa AAAA"]),
        ([f"172.18.0.9 ssh-ed25519 OLD {MARK}"], [], []),
        (["172.18.0.2 ssh-ed25519 OLD other-mark"], [AMS1], [f"172.18.0.2 ssh-ed25519 AAAA1 {MARK}"]),
        (
            ["172.18.0.20 ssh-ed25519 OLD"],
            [AMS1],
            ["172.18.0.20 ssh-ed25519 OLD", f"172.18.0.2 ssh-ed25519 AAAA1 {MARK}"],
        ),
    ],
    ids=["new", "port", "others stay", "ours go", "address handed out again", "address that begins alike"],
)
def test_known_hosts_lines(before: list[str], places: list[Place], after: list[str]) -> None:
    assert known_hosts_lines(before, places, MARK) == after


def test_a_recorded_fleet_loads_with_its_addresses(local_fleet: Fleet) -> None:
    record(local_fleet, [AMS1, AMS2])
    loaded = fleets.load(local_fleet.path)
    assert [(host.address, host.ssh_port) for host in loaded.hosts] == [
        ("172.18.0.2", 22),
        ("127.0.0.1", 2200),
    ]


def test_recording_nothing_leaves_nothing_of_ours(local_fleet: Fleet) -> None:
    record(local_fleet, [AMS1])
    record(local_fleet, [])
    assert local_fleet.inventory is not None
    assert not local_fleet.inventory.exists()
    assert not local_fleet.ssh.known_hosts.exists()


def test_the_keys_of_other_hosts_survive(local_fleet: Fleet) -> None:
    known_hosts = local_fleet.ssh.known_hosts
    known_hosts.parent.mkdir()
    known_hosts.write_text("git.example.org ssh-rsa AAAA\n")
    record(local_fleet, [AMS1])
    record(local_fleet, [])
    assert known_hosts.read_text() == "git.example.org ssh-rsa AAAA\n"


def test_an_inventory_of_somebody_else_is_left_alone(local_fleet: Fleet) -> None:
    inventory = local_fleet.inventory
    assert inventory is not None
    inventory.parent.mkdir()
    inventory.write_text('[hosts.ams1]\naddress = "10.0.0.1"\n')
    with pytest.raises(ConfigError, match="was not written by a local fleet"):
        record(local_fleet, [AMS1])
    assert inventory.read_text() == '[hosts.ams1]\naddress = "10.0.0.1"\n'
    assert not local_fleet.ssh.known_hosts.exists()
