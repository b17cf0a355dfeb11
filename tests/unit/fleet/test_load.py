"""fleet.toml → model: overrides, names, ports, paths, the inventory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from beamwright.fleet import Fleet, load

Bend = Callable[[str, str], Fleet]
REPOSITORY = Path(__file__).parents[3]


def test_names_and_ports_of_nodes(fleet: Fleet) -> None:
    first, second = fleet.hosts[1].nodes
    assert (first.name, first.dist_port, first.ports) == ("courier1@ams2", 9101, (("http", 8080),))
    assert (second.name, second.dist_port, second.ports) == ("courier2@ams2", 9102, (("http", 8081),))


def test_peers_are_all_other_nodes_of_the_cluster(fleet: Fleet) -> None:
    host = fleet.hosts[0]
    assert [node.name for _, node in fleet.peers(host, host.nodes[0])] == [
        "courier2@ams1",
        "courier1@ams2",
        "courier2@ams2",
    ]


def test_the_nearest_level_counts_and_tables_merge(bend: Bend) -> None:
    fleet = bend(
        "[clusters.ams.hosts.ams2]",
        """\
        [clusters.ams.node]
        count = 3
        env = { LEVEL = "cluster", PLACE = "ams" }
        health = { interval = 7 }
        [clusters.ams.hosts.ams2.node]
        env = { LEVEL = "host" }
        health = { http = "/up" }
        [clusters.ams.hosts.ams2]""",
    )
    near, far = fleet.hosts[1].settings, fleet.hosts[0].settings
    assert [len(host.nodes) for host in fleet.hosts] == [3, 3]
    assert dict(far.env) == {"LEVEL": "cluster", "PLACE": "ams"}
    assert dict(near.env) == {"LEVEL": "host", "PLACE": "ams"}
    assert (near.health.interval, near.health.http) == (7, "/up")
    assert (far.health.interval, far.health.http) == (7, None)


@pytest.mark.parametrize(
    ("keys", "url"),
    [
        ("ports = { http = 8080 }\nhealth = { http = '/up' }", "http://127.0.0.1:8081/up"),
        ("ports = { http = 8080, admin = 9000 }", "tcp://127.0.0.1:8081"),
        ("ports = { mqtt = 1883 }", "tcp://127.0.0.1:1884"),
        ("ports = { a = 2000, b = 3000 }\nhealth = { port = 'b', http = '/' }", "http://127.0.0.1:3001/"),
        ("", ""),
        ("health = { call = 'my_app:healthy' }", "call:my_app:healthy"),
        (
            "ports = { a = 2000, b = 3000 }\nhealth = { call = 'MyApp.Health.ok?' }",
            "call:Elixir.MyApp.Health:ok?",
        ),
    ],
)
def test_health_check_of_the_second_node(bend: Bend, keys: str, url: str) -> None:
    host = bend("ports = { http = 8080 }", keys).hosts[0]
    assert host.settings.health.url(host.nodes[1]) == url


def test_paths_are_absolute_and_start_at_the_file(bend: Bend, tmp_path: Path) -> None:
    fleet = bend('tool = "mix"', 'tool = "mix"\nsource = "../app"\n[ssh]\nkey = "~/.ssh/id"')
    assert fleet.project.source == tmp_path.parent / "app"
    assert fleet.ssh.key == Path.home() / ".ssh" / "id"
    assert fleet.cookie == tmp_path / "secrets" / "cookie"


def test_a_source_has_one_place_in_its_context_whatever_leads_there(bend: Bend, tmp_path: Path) -> None:
    (tmp_path / "mono/inner").mkdir(parents=True)
    (tmp_path / "mono/in").symlink_to("inner")
    (tmp_path / "link").symlink_to("mono")
    (tmp_path / "loop").symlink_to("loop")
    tool = 'tool = "mix"'
    for source, context in (("mono/in", "mono"), ("mono/in", "link"), ("link/in", "mono")):
        project = bend(tool, f'{tool}\nsource = "{source}"\ncontext = "{context}"').project
        assert project.context / project.inside == tmp_path / "mono/inner"
    assert bend(tool, f'{tool}\nsource = "loop"').project.source == tmp_path / "loop"


def test_addresses_are_normalised(bend: Bend) -> None:
    assert bend("192.0.2.1", "AMS1.Example.NET.").hosts[0].address == "ams1.example.net"
    assert bend("192.0.2.1", "2001:DB8:0::1").hosts[0].address == "2001:db8::1"


def test_the_inventory_fills_in_what_the_file_leaves_out(bend: Bend, tmp_path: Path) -> None:
    (tmp_path / "found.toml").write_text(
        '[hosts.ams1]\naddress = "192.0.2.9"\nport = 2201\n[hosts.gone]\naddress = "192.0.2.8"\n'
        '[hosts.ams2]\naddress = "192.0.2.7"\n'
    )
    fleet = bend('[project]\nname = "courier"', 'inventory = "found.toml"\n[project]\nname = "courier"')
    assert [(host.address, host.ssh_port) for host in fleet.hosts] == [
        ("192.0.2.1", 2201),
        ("192.0.2.2", None),
    ]


def test_an_inventory_that_is_not_written_yet_leaves_hosts_without_address(bend: Bend) -> None:
    fleet = bend('address = "192.0.2.1"', "")
    assert fleet.hosts[0].address is None


def test_the_fleet_of_this_repository_loads() -> None:
    fleet = load(REPOSITORY / "fleet.toml")
    assert [len(host.nodes) for host in fleet.hosts] == [2, 2]
