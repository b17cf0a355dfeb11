"""What the files of a host say; the whole of them is in tests/golden/."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beamwright import units
from beamwright.errors import ConfigError
from beamwright.fleet import Fleet, Host
from beamwright.fleet.model import NodeSettings


def _with(fleet: Fleet, **settings: object) -> tuple[Fleet, Host]:
    """The fleet with other settings on its first host, and that host."""
    cluster, *others = fleet.clusters
    first, *rest = cluster.hosts
    changed: NodeSettings = replace(first.settings, **settings)  # type: ignore[arg-type]
    host = replace(first, settings=changed)
    return replace(fleet, clusters=(replace(cluster, hosts=(host, *rest)), *others)), host


def _content(files: tuple[units.HostFile, ...], name: str) -> str:
    return next(file.content for file in files if file.path.endswith(f"/{name}"))


def _line(unit: str, key: str) -> str:
    return next(line.removeprefix(f"{key}=") for line in unit.split("\n") if line.startswith(f"{key}="))


@settings(deadline=None)
@given(st.text(), st.text(min_size=1))
def test_values_of_the_user_arrive_as_themselves_or_are_refused(
    fleet: Fleet,
    read_environment: Callable[[str], dict[str, str]],
    read_words: Callable[[str], tuple[str, ...]],
    value: str,
    argument: str,
) -> None:
    quoted = "'" + argument.replace("'", "'\\''") + "'"
    changed, host = _with(fleet, env=(("X", value),), vm_args=("+S 2", f"-x {quoted}"))
    try:
        files = units.render(changed, host)
    except ConfigError as error:
        assert error.message.startswith(("node.env.X: ", "node.vm_args: "))
        return
    environment = read_environment(_content(files, "1.env"))
    assert environment["X"] == value
    assert environment["BEAMWRIGHT_NODE"] == "courier1@ams1"
    exec_start = _line(_content(files, "courier@.service"), "ExecStart")
    fixed = "/app/bin/erlexec -args_file /app/releases/${RELEASE_VSN}/node.args "
    assert exec_start.startswith(fixed)
    assert read_words(exec_start.removeprefix(fixed)) == ("+S", "2", "-x", argument)


def test_a_node_knows_every_other_node_of_its_cluster(
    fleet: Fleet, read_environment: Callable[[str], dict[str, str]]
) -> None:
    environment = read_environment(_content(units.render(fleet, fleet.hosts[0]), "2.env"))
    assert environment["BEAMWRIGHT_NODE"] == "courier2@ams1"
    assert environment["BEAMWRIGHT_DIST_PORT"] == "9102"
    assert environment["HTTP_PORT"] == "8081"
    assert environment["BEAMWRIGHT_HEALTH"] == "http://127.0.0.1:8081/healthz"
    assert environment["BEAMWRIGHT_PEERS"].split(",") == [
        "courier1@ams1=10.0.0.1:9101",
        "courier1@ams2=10.0.0.2:9101",
        "courier2@ams2=10.0.0.2:9102",
    ]


def test_a_stop_has_time_to_drain_first(fleet: Fleet) -> None:
    changed, host = _with(fleet, drain_seconds=20, stop_seconds=60)
    assert _line(_content(units.render(changed, host), "courier@.service"), "TimeoutStopSec") == "80"


@pytest.mark.parametrize(
    "allow_from, allowed",
    [
        ((), "localhost 10.0.0.1 10.0.0.2"),
        (("192.0.2.0/24", "10.0.0.1"), "localhost 10.0.0.1 10.0.0.2 192.0.2.0/24"),
        (("192.0.2.0/24", "any"), "any"),
    ],
)
def test_only_localhost_the_cluster_and_the_networks_named_may_connect(
    fleet: Fleet, allow_from: tuple[str, ...], allowed: str
) -> None:
    changed, host = _with(fleet, allow_from=allow_from)
    assert _line(_content(units.render(changed, host), "courier@.service"), "IPAddressAllow") == allowed


def test_a_host_with_a_name_for_an_address_needs_the_filter_off(fleet: Fleet) -> None:
    cluster = fleet.clusters[0]
    named = replace(cluster.hosts[1], address="ams2.example.net")
    changed = replace(fleet, clusters=(replace(cluster, hosts=(cluster.hosts[0], named)),))
    with pytest.raises(ConfigError, match=r"host ams2: ams2\.example\.net is a name"):
        units.render(changed, changed.hosts[0])


def test_a_template_of_the_project_beats_the_built_in_one(fleet: Fleet, tmp_path: Path) -> None:
    own = replace(fleet, path=tmp_path / "fleet.toml")
    (tmp_path / "systemd").mkdir()
    template = tmp_path / "systemd" / "node.slice.j2"
    template.write_text("# of {{ project }}\n", "utf-8")
    assert _content(units.render(own, own.hosts[0]), "courier.slice") == "# of courier\n"
    template.write_text("{{ projct }}\n", "utf-8")
    with pytest.raises(ConfigError, match=r"node\.slice\.j2: 'projct' is undefined"):
        units.render(own, own.hosts[0])
