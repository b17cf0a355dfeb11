"""Container hosts for real: up, reached by SSH with checked keys, two fleets side by side, gone."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker.models.containers import Container

from beamwright import fleet as fleets
from beamwright import local
from beamwright.fleet import Fleet, Host
from beamwright.local.identity import FLEET_LABEL, fleet_id

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.e2e, pytest.mark.docker]

FLEET = """
inventory = ".beamwright/inventory.toml"
secrets = ".beamwright/secrets"
[project]
name = "courier"
tool = "mix"
[ssh]
user = "deploy"
key = ".beamwright/id_ed25519"
known_hosts = ".beamwright/known_hosts"
[clusters.ams.hosts.ams1]
[clusters.ams.hosts.ams2]
"""


class Running:
    """A fleet file in a folder of its own, and the fleet that it declares as it is now."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "mix.exs").touch()
        self.path = folder / "fleet.toml"
        self.path.write_text(FLEET)

    @property
    def fleet(self) -> Fleet:
        return fleets.load(self.path)

    def up(self) -> None:
        local.up(self.fleet, print)

    def down(self) -> None:
        local.down(self.fleet, print)

    def ssh(self, host: Host, script: str) -> str:
        """What a script prints on the host, by OpenSSH with nothing but the project's key and known_hosts."""
        ssh = self.fleet.ssh
        options = ("StrictHostKeyChecking=yes", f"UserKnownHostsFile={ssh.known_hosts}", "BatchMode=yes")
        words = [word for option in options for word in ("-o", option)]
        argv = ["ssh", "-F", "none", *words, "-i", str(ssh.key), f"{ssh.user}@{host.where()}", script]
        return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


@pytest.fixture(scope="module")
def client() -> docker.DockerClient:
    return docker.from_env()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Running]]:
    """Two fleets that are up at the same time."""
    folder = tmp_path_factory.mktemp("local")
    both = Running(folder / "one"), Running(folder / "other")
    try:
        for running in both:
            running.up()
        yield both
    finally:
        for running in both:
            running.down()


def containers(client: docker.DockerClient, fleet: Fleet) -> list[Container]:
    """The fleet's containers, running or not."""
    return client.containers.list(all=True, filters={"label": f"{FLEET_LABEL}={fleet_id(fleet)}"})


def test_every_host_is_reached_with_its_own_key_and_name(two: tuple[Running, Running]) -> None:
    hosts = [(running, host) for running in two for host in running.fleet.hosts]
    assert [running.ssh(host, "hostname") for running, host in hosts] == ["ams1", "ams2"] * 2
    for file in ("/etc/machine-id", "/etc/ssh/ssh_host_ed25519_key.pub"):
        assert len({running.ssh(host, f"cat {file}") for running, host in hosts}) == 4


def test_a_host_is_what_a_release_needs(two: tuple[Running, Running]) -> None:
    running = two[0]
    host = running.fleet.hosts[0]
    assert running.ssh(host, "systemctl is-system-running --wait") == "running"
    assert running.ssh(host, "sudo -n id -u") == "0"
    assert "shared" in running.ssh(host, "findmnt --noheadings --output PROPAGATION /")
    assert (
        running.ssh(host, "sudo sshd -T | grep -i '^passwordauthentication'") == "passwordauthentication no"
    )


def test_that_nothing_is_deployed_is_told_in_a_line_and_not_by_checks_that_fail(
    two: tuple[Running, Running],
) -> None:
    words = [sys.executable, "-m", "beamwright", "verify", "--fleet", str(two[0].path)]
    told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert (told.returncode, told.stdout, len(told.stderr.splitlines())) == (8, "", 2)
    assert told.stderr.startswith("error nothing is deployed on ams1, ams2")


def test_limits_of_units_are_enforced(two: tuple[Running, Running]) -> None:
    running = two[0]
    # tail keeps the one endless line in memory.
    eat = "sh -c 'head -c 100M /dev/zero | tail >/dev/null'"
    limit = "sudo systemd-run --quiet --wait -p MemoryMax=20M -p MemorySwapMax=0"
    assert running.ssh(running.fleet.hosts[0], f"{limit} {eat}; echo $?") == str(128 + signal.SIGKILL)


def test_up_again_changes_nothing(two: tuple[Running, Running], client: docker.DockerClient) -> None:
    running = two[0]
    files = {path: path.read_bytes() for path in running.path.parent.rglob("*") if path.is_file()}
    started = {host.id: host.attrs["State"]["StartedAt"] for host in containers(client, running.fleet)}
    running.up()
    assert {path: path.read_bytes() for path in running.path.parent.rglob("*") if path.is_file()} == files
    assert started == {
        host.id: host.attrs["State"]["StartedAt"] for host in containers(client, running.fleet)
    }


def test_a_host_that_lost_its_power_comes_back_at_its_address(
    two: tuple[Running, Running], client: docker.DockerClient
) -> None:
    running = two[0]
    fleet = running.fleet
    for container in containers(client, fleet):
        container.kill()
    running.up()
    assert [host.address for host in running.fleet.hosts] == [host.address for host in fleet.hosts]
    assert [running.ssh(host, "hostname") for host in fleet.hosts] == ["ams1", "ams2"]


def test_a_fleet_goes_without_a_trace_and_the_other_stays(
    two: tuple[Running, Running], client: docker.DockerClient
) -> None:
    one, other = two
    hosts = containers(client, one.fleet)
    volumes = {mount["Name"] for host in hosts for mount in host.attrs["Mounts"]}
    assert len(volumes) == 2 * len(hosts)
    one.down()
    one.down()
    assert containers(client, one.fleet) == []
    assert client.networks.list(filters={"label": f"{FLEET_LABEL}={fleet_id(one.fleet)}"}) == []
    assert not volumes & {volume.id for volume in client.volumes.list()}
    left = {path.name for path in (one.path.parent / ".beamwright").iterdir()}
    assert left == {"id_ed25519", "id_ed25519.pub", "secrets"}
    assert other.ssh(other.fleet.hosts[0], "hostname") == "ams1"
