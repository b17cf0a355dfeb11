"""Hosts that run the image under podman: the same road, the same playbooks, the same way back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from beamwright import rollout
from beamwright.local.container import owned
from beamwright.local.identity import network_name
from tests.contract import registries
from tests.e2e.test_host import wait_until
from tests.e2e.test_rollout import is_settled
from tests.projects import write
from tests.road import Road

pytestmark = [pytest.mark.e2e, pytest.mark.docker]

FLEET = """\
inventory = ".beamwright/inventory.toml"
secrets = ".beamwright/secrets"
[project]
name = "shop"
source = "shop"
tool = "rebar3"
[node]
env = { MOTTO = "say \\"$HOME\\" twice" }
memory_max = "400M"
allow_from = ["any"]
[sidecar]
enabled = false
[deploy]
artifact = "oci"
soak_seconds = 0
keep = 2
[ssh]
user = "deploy"
key = ".beamwright/id_ed25519"
known_hosts = ".beamwright/known_hosts"
[signing]
allowed_signers = ".beamwright/allowed_signers"
[clusters.ams.hosts.ams1]
[clusters.ams.hosts.ams2]
"""

APP = """\
{application, shop, [{vsn, "VERSION"}, {modules, []}, {mod, {shop, []}}, {registered, []},
  {applications, [kernel, stdlib]}]}.
"""

MODULE = """\
-module(shop).
-behaviour(application).
-export([start/2, stop/1, motto/0]).
start(_, _) -> START.
stop(_) -> ok.
motto() -> os:getenv("MOTTO").
"""

WELL = "{ok, spawn_link(fun() -> receive stop -> ok end end)}"


def build(road: Road, version: str, start: str = WELL) -> None:
    """Builds the shop in another version."""
    files = {
        "shop/rebar.config": f'{{relx, [{{release, {{shop, "{version}"}}, [shop]}}]}}.\n',
        "shop/src/shop.app.src": APP.replace("VERSION", version),
        "shop/src/shop.erl": MODULE.replace("START", start),
    }
    write(road.folder, files)
    road.invoke("build")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Road, Any]]:
    """The shop in its first version on two fresh hosts, and what its deploy said."""
    road = Road(write(tmp_path_factory.mktemp("oci"), {"fleet.toml": FLEET}))
    try:
        road.invoke("local.up")
        build(road, "1.0.0")
        yield road, road.json("deploy", "--yes")
    finally:
        road.invoke("local.down")


def running(road: Road) -> set[str]:
    """The versions that the nodes say they are."""
    return {
        node["version"] for host in road.json("status")["hosts"] for node in host["nodes"] if node["ready"]
    }


def test_a_first_deploy_brings_the_image_and_it_is_verified(shop: tuple[Road, Any]) -> None:
    road, told = shop
    assert told["outcome"] == "deployed"
    assert min(host["bytes_sent"] for host in told["hosts"]) > 1_000_000
    assert is_settled(road)
    assert road.invoke("rpc", "shop1@ams1", "shop:motto().").stdout.strip() == '"say \\"$HOME\\" twice"'
    image, container = road.ssh(
        "ams1", "sudo podman ps --no-trunc --format '{{.ImageID}} {{.Names}}'"
    ).split()
    release = told["hosts"][0]["to"]
    assert road.ssh("ams1", f"sudo cat /opt/beamwright/shop/manifests/{release}/image").strip() == image
    assert road.json("deploy", "--yes")["outcome"] == "unchanged"
    # The node is in its unit's control group, whose limits are systemd's.
    pid = road.ssh("ams1", f"sudo podman inspect --format '{{{{.State.Pid}}}}' {container}").strip()
    assert "/shop@1.service\n" in road.ssh("ams1", f"cat /proc/{pid}/cgroup")


def test_of_a_new_version_only_the_layers_that_changed_are_sent(shop: tuple[Road, Any]) -> None:
    road, first = shop
    build(road, "1.1.0")
    told = road.json("deploy", "--yes")
    assert max(host["bytes_sent"] for host in told["hosts"]) < 40_000, told
    assert {host["from"] for host in told["hosts"]} == {first["hosts"][0]["to"]}
    assert running(road) == {"1.1.0"}


def test_a_host_without_podman_is_told_before_anything_changes(shop: tuple[Road, Any]) -> None:
    road, _ = shop
    road.ssh("ams2", "sudo mv /usr/bin/podman /usr/bin/podman.away")
    try:
        for words in (("restart", "--yes"), ("bootstrap", "--yes")):
            told = road.invoke(*words, code=2).stderr
            assert "ams2: podman is not installed" in told and "apt-get install podman" in told
    finally:
        road.ssh("ams2", "sudo mv /usr/bin/podman.away /usr/bin/podman")


def test_a_version_that_does_not_start_goes_back_by_itself(shop: tuple[Road, Any]) -> None:
    road, _ = shop
    build(road, "1.2.0", "{error, out_of_stock}")
    assert "out_of_stock" in road.invoke("deploy", "--yes", code=6).stderr
    assert running(road) == {"1.1.0"}
    assert is_settled(road)


def test_rollback_restart_and_history_are_those_of_every_fleet(shop: tuple[Road, Any]) -> None:
    road, _ = shop
    road.invoke("rollback", "--yes")
    assert running(road) == {"1.0.0"}
    road.invoke("restart", "--yes")
    whats = [deed["what"].split()[0] for deed in road.json("history") if deed["host"] == "ams2"]
    assert whats == ["rolling", "rolling", "rolling", "rollback", "restart"]


def test_a_crash_and_a_lost_image_are_mended_by_the_unit(shop: tuple[Road, Any]) -> None:
    road, _ = shop
    road.ssh("ams1", "sudo systemctl stop shop@1 && sudo podman rmi --all --force")
    road.ssh("ams1", "sudo systemctl start shop@1")
    road.ssh("ams2", "sudo podman kill --signal KILL shop-1")
    wait_until(lambda: road.ssh("ams2", "systemctl show --value -p NRestarts shop@1").strip() == "1", 60)
    wait_until(lambda: is_settled(road), 60)


def test_hosts_that_lose_power_come_back_with_their_nodes(shop: tuple[Road, Any]) -> None:
    road, _ = shop
    machines = owned(docker.from_env(), road.fleet)
    for machine in machines:
        machine.kill()
    for machine in machines:
        machine.start()
    wait_until(lambda: all(host.reachable for host in rollout.status(road.fleet, road.fleet.hosts)), 60)
    wait_until(lambda: running(road) == {"1.0.0"} and is_settled(road), 60)


def test_hosts_pull_what_they_lack_from_a_registry_by_digest(shop: tuple[Road, Any], tmp_path: Path) -> None:
    road, _ = shop
    gateway = docker.from_env().networks.get(network_name(road.fleet)).attrs["IPAM"]["Config"][0]["Gateway"]
    certificate = registries.certify(tmp_path, gateway)
    with registries.registry(tmp_path, certificate, address=gateway) as running_there:
        (tmp_path / "password").write_text(registries.PASSWORD)
        (tmp_path / "password").chmod(0o600)
        table = f"""
[registry]
repository = "{running_there.host}/team/shop"
user = "{registries.USER}"
password = "{tmp_path}/password"
ca = "{running_there.ca}"
pull = true
"""
        fleet = road.folder / "fleet.toml"
        fleet.write_text(fleet.read_text("utf-8") + table, "utf-8")
        build(road, "1.3.0")
        assert "has it been pushed?" in road.invoke("deploy", "--yes", code=6).stderr
        road.invoke("push")
        told = road.json("deploy", "--yes")
        assert max(host["bytes_sent"] for host in told["hosts"]) < 20_000, told
        assert "GET /v2/team/shop/blobs/sha256:" in running_there.log.read_text()
    assert running(road) == {"1.3.0"}
    for host in told["hosts"]:
        road.ssh(host["name"], f"sudo /opt/beamwright/host check shop {host['to']}")
        # Of four releases two are kept, and their images.
        kept = road.ssh(host["name"], "sudo cat /opt/beamwright/shop/manifests/*/image").split()
        there = road.ssh(host["name"], "sudo podman images --all --format '{{.ID}}' --no-trunc").split()
        assert len(kept) == 2 and set(there) == {f"sha256:{each}" for each in kept}
        road.ssh(host["name"], "! sudo grep -rlF horse /opt/beamwright /run/beamwright /run/containers")
