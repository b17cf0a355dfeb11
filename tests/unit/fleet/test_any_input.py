"""No input makes a traceback, and every fleet that loads can be brought up: properties over any input."""

from __future__ import annotations

import contextlib
import copy
import math
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet, load
from beamwright.fleet.select import select

quick = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# A fleet that sets every key: what the properties bend.
WHOLE: dict[str, Any] = tomllib.loads("""
inventory = "inventory.toml"
secrets = "secrets"
project = { name = "courier", source = ".", tool = "mix", release = "courier", profile = "prod" }
toolchain = { image = "debian:trixie", packages = ["libssl-dev"], otp = "/otp", network = false }
sidecar = { enabled = true, port = 5672, dist_port = 25672, user = "x", definitions = "d", memory_max = "1G" }
ssh = { user = "deploy", port = 22, key = "~/.ssh/id", known_hosts = "known_hosts", connect_seconds = 10 }
deploy = { keep = 3, cluster_seconds = 60 }
artifact = { shell = "busybox", include = ["ops"] }
verify = { checks = "checks" }
[node]
count = 2
dist_port = 9100
ports = { http = 8080, admin = 8200 }
vm_args = ["+S 2"]
env = { LEVEL = "info" }
secrets = { key = "key" }
health = { http = "/up", port = "http", interval = 5, timeout = 3 }
start_seconds = 60
stop_seconds = 60
drain_seconds = 5
watchdog_seconds = 30
memory_max = "512M"
tasks_max = 4096
allow_from = ["any", "10.0.0.0/8"]
[clusters.ams.hosts.ams1]
address = "192.0.2.1"
port = 22
node = { count = 1, ports = { http = 8090 } }
[clusters.ams.hosts.ams2]
address = "ams2.example.net"
[clusters.fra]
node = { env = { PLACE = "fra" } }
hosts = { fra1 = { address = "2001:db8::1" } }
""")


def places(table: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every value of nested tables and arrays stands."""
    inner = table.items() if isinstance(table, dict) else enumerate(table) if isinstance(table, list) else ()
    for key, value in inner:
        yield (*at, key)
        yield from places(value, (*at, key))


PLACES = list(places(WHOLE))

names = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    [
        "",
        "root",
        "ams1",
        "fra1",
        "ams.b",
        "http",
        "HOME",
        "HTTP_PORT",
        "node",
        "count",
        "a\nb",
        "%i",
        "{{x}}",
        "$A",
    ]
)
numbers = st.sampled_from(
    [-1, 0, 1, 2, 22, 64, 80, 1024, 5672, 8080, 8081, 8200, 9101, 25672, 65535, 65536, 1 << 63]
)
scalars: st.SearchStrategy[Any] = st.one_of(
    names,
    numbers,
    st.booleans(),
    st.floats(),
    st.sampled_from([date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), math.inf, math.nan]),
    st.sampled_from(
        ["192.0.2.1", "::1", "10.0.0.300", "any", "10.0.0.1/8", "-name x", '"', "512M", "~", "\u0000"]
    ),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def bent(draw: st.DrawFn) -> dict[str, Any]:
    """The whole fleet with a few values changed, dropped, or added under another key."""
    table = copy.deepcopy(WHOLE)
    for place in draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3)):
        with contextlib.suppress(KeyError, IndexError, TypeError):  # an earlier bend took the place away
            bend(draw, table, place)
    return table


def bend(draw: st.DrawFn, table: Any, place: tuple[Any, ...]) -> None:
    """One change at one place."""
    for step in place[:-1]:
        table = table[step]
    match draw(st.sampled_from(["change", "drop", "add"])):
        case "change":
            table[place[-1]] = draw(values)
        case "drop":
            del table[place[-1]]
        case _ if isinstance(table, dict):
            table[draw(names)] = draw(st.just(table[place[-1]]) | values)


ports = st.dictionaries(st.sampled_from(["http", "admin"]), st.sampled_from([8080, 8081, 8090, 9101, 65535]))
nodes = st.fixed_dictionaries(
    {},
    optional={
        "count": st.integers(1, 3),
        "ports": ports,
        "health": st.just({"port": "http"}),
        "env": st.dictionaries(
            st.sampled_from(["A", "HTTP_PORT"]), st.sampled_from(["1", "a\nb"]), max_size=1
        ),
    },
)
hosts = st.fixed_dictionaries(
    {}, optional={"address": st.sampled_from(["192.0.2.1", "192.0.2.2", "192.0.2.3"]), "node": nodes}
)
clusters = st.fixed_dictionaries(
    {"hosts": st.dictionaries(st.sampled_from(["a", "b", "c", "a.net"]), hosts, min_size=1, max_size=3)},
    optional={"node": nodes},
)
small_fleets = st.fixed_dictionaries(
    {
        "project": st.just({"name": "courier", "tool": "mix"}),
        "node": nodes,
        "clusters": st.dictionaries(st.sampled_from(["ams", "fra"]), clusters, min_size=1),
    }
)
"""Fleets of right keys and few values, so that names, addresses and ports often collide."""


def try_load(path: Path) -> Fleet | None:
    """The fleet, or None when it is refused; any other exception is the failure that we look for."""
    try:
        return load(path)
    except ConfigError as refused:
        assert refused.message
        assert "\n" not in refused.message
        assert len(refused.message) < 1000
        return None


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """The fleet that sets every key."""
    path = tmp_path_factory.mktemp("whole") / "fleet.toml"
    path.write_text(tomli_w.dumps(WHOLE))
    return load(path)


@quick
@given(data=st.binary(max_size=200))
def test_any_bytes(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "fleet.toml"
    path.write_bytes(data)
    assert try_load(path) is None


@quick
@given(data=st.binary(max_size=4), at=st.integers(0, 1200), cut=st.integers(0, 4))
def test_a_right_file_with_bytes_changed(tmp_path: Path, data: bytes, at: int, cut: int) -> None:
    right = tomli_w.dumps(WHOLE).encode()
    path = tmp_path / "fleet.toml"
    path.write_bytes(right[:at] + data + right[at + cut :])
    if (fleet := try_load(path)) is not None:
        check(fleet)


@quick
@given(table=st.dictionaries(names | st.sampled_from(list(WHOLE)), values, max_size=5))
def test_any_table(tmp_path: Path, table: dict[str, Any]) -> None:
    path = tmp_path / "fleet.toml"
    path.write_text(tomli_w.dumps(table))
    try_load(path)


@quick
@given(table=bent())
def test_a_right_fleet_bent(tmp_path: Path, table: dict[str, Any]) -> None:
    path = tmp_path / "fleet.toml"
    path.write_text(tomli_w.dumps(table))
    if (fleet := try_load(path)) is not None:
        check(fleet)


@quick
@given(table=small_fleets)
def test_a_small_fleet(tmp_path: Path, table: dict[str, Any]) -> None:
    path = tmp_path / "fleet.toml"
    path.write_text(tomli_w.dumps(table))
    if (fleet := try_load(path)) is not None:
        check(fleet)


@quick
@given(
    words=st.text(max_size=12) | st.lists(st.sampled_from(["ams1", "@fra", "*", "@", "[", "!"])).map(",".join)
)
def test_any_selection(whole: Fleet, words: str) -> None:
    with contextlib.suppress(ConfigError):
        assert select(whole, words)


def test_the_whole_fleet_loads(whole: Fleet) -> None:
    check(whole)


def check(fleet: Fleet) -> None:
    """What the rest of Beamwright takes for granted."""
    names = [host.name for host in fleet.hosts]
    places = [(host.address, host.ssh_port or 22) for host in fleet.hosts if host.address]
    assert len(set(names)) == len(names)
    assert len(set(places)) == len(places)
    for cluster in fleet.clusters:
        assert len({"." in host.name for host in cluster.hosts}) == 1
    for host in fleet.hosts:
        assert host.nodes
        ports = [port for node in host.nodes for _, port in node.ports] + [
            node.dist_port for node in host.nodes
        ]
        ports += [
            host.ssh_port or 22,
            *((fleet.sidecar.port, fleet.sidecar.dist_port) * fleet.sidecar.enabled),
        ]
        assert len(set(ports)) == len(ports)
        assert max(ports) <= 65535
        lines = [*host.settings.vm_args, *(value for _, value in host.settings.env)]
        assert not any(char in line for line in lines for char in "\n\r\0")
        for node in host.nodes:
            assert len(node.name) <= 255
            host.settings.health.url(node)
    for path in (fleet.secrets, fleet.project.source, fleet.ssh.known_hosts):
        assert path.is_absolute()


@pytest.mark.parametrize("bad", ["\ud800", "\x00"])
def test_a_path_that_is_none(bad: str) -> None:
    assert try_load(Path(f"/{bad}/fleet.toml")) is None
