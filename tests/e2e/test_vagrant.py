"""`vagrant up` to a deployed fleet, `vagrant destroy -f` to nothing."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from beamwright import fleet as fleets
from beamwright.local.identity import fleet_id
from beamwright.local.machines import VAGRANT_LABEL

pytestmark = [pytest.mark.e2e, pytest.mark.docker]

ROOT = Path(__file__).resolve().parents[2]


class Vagrant:
    """Vagrant in this clone, with a fleet file and a state folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "fleet.toml"
        text = (ROOT / "fleet.toml").read_text("utf-8")
        self.path.write_text(text.replace('"examples/', f'"{ROOT}/examples/'))
        self.environment = {
            **os.environ,
            "FLEET": str(self.path),
            "VAGRANT_DOTFILE_PATH": str(folder / ".vagrant"),
        }

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs `vagrant …`; what it printed is shown when the test fails."""
        done = subprocess.run(
            ["vagrant", *words],
            cwd=ROOT,
            env={**self.environment, **environment},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=900,
        )
        print(done.stdout)
        return done

    def networks(self) -> dict[str, list[str]]:
        """Its containers, by the hosts that they play, with the networks that each is in."""
        label = f"{VAGRANT_LABEL}={fleet_id(fleets.load(self.path))}"
        found = docker.from_env().containers.list(all=True, filters={"label": label})
        return {
            host.attrs["Config"]["Hostname"]: [*host.attrs["NetworkSettings"]["Networks"]] for host in found
        }


@pytest.fixture
def vagrant(tmp_path: Path) -> Iterator[Vagrant]:
    """Nothing is up; and nothing will be, however the test ends."""
    vagrant = Vagrant(tmp_path)
    try:
        yield vagrant
    finally:
        vagrant.run("destroy", "-f")


def test_up_deploys_and_destroy_leaves_nothing(vagrant: Vagrant) -> None:
    up = vagrant.run("up")
    assert up.returncode == 0
    # Docker's own network: there is none of ours to leave behind.
    assert vagrant.networks() == {"ams1": ["bridge"], "ams2": ["bridge"]}

    status = subprocess.run(
        [ROOT / ".venv/bin/invoke", "status", "--json", "--fleet", str(vagrant.path)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    hosts = json.loads(status.stdout)["hosts"]
    assert [host["name"] for host in hosts] == ["ams1", "ams2"]
    assert [(node["ready"], node["peers"]) for host in hosts for node in host["nodes"]] == [(True, 3)] * 4

    assert vagrant.run("destroy", "-f").returncode == 0
    assert vagrant.networks() == {}
    left = {path.name for path in (vagrant.path.parent / ".beamwright").iterdir()}
    assert left == {"allowed_signers", "cache", "id_ed25519", "id_ed25519.pub", "secrets"}


def test_half_of_the_hosts_are_recorded_and_not_deployed_to(vagrant: Vagrant) -> None:
    up = vagrant.run("up", "ams2")
    assert up.returncode == 0
    assert [host.address is not None for host in fleets.load(vagrant.path).hosts] == [False, True]
    again = vagrant.run("up", BEAMWRIGHT_DEPLOY="no")
    assert again.returncode == 0
    assert all(host.address for host in fleets.load(vagrant.path).hosts)

    assert vagrant.run("destroy", "-f", "ams1").returncode == 0
    assert [host.address is not None for host in fleets.load(vagrant.path).hosts] == [False, True]
