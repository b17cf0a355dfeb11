"""Fleets and artifacts for the tests of roll-outs."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from beamwright.artifact import Artifact
from beamwright.artifact.manifest import Manifest
from beamwright.fleet import Fleet, load
from tests.unit.rollout.deploying import Make, deploy
from tests.unit.rollout.host import FolderHost
from tests.unit.rollout.memory import MemoryFleet

FLEET = """
[project]
name = "courier"
tool = "mix"
[node]
count = 2
ports = { http = 8080 }
allow_from = ["any"]
[sidecar]
enabled = false
[deploy]
soak_seconds = 0
[ssh]
connect_seconds = 1
[signing]
unsigned = "allow"
[clusters.ams.hosts.ams1]
address = "10.0.0.1"
[clusters.ams.hosts.ams2]
address = "10.0.0.2"
"""


@pytest.fixture
def make_fleet(tmp_path: Path) -> Callable[..., Fleet]:
    """A fleet from FLEET, with pieces of its text replaced."""

    def make(*changes: tuple[str, str]) -> Fleet:
        text = FLEET
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "secrets").mkdir(exist_ok=True)
        for name in ("cookie", "rabbitmq_cookie", "amqp_password"):
            secret = tmp_path / "secrets" / name
            secret.write_text("s3cret" * 8)
            secret.chmod(0o600)
        (tmp_path / "fleet.toml").write_text(text)
        return load(tmp_path / "fleet.toml")

    return make


@pytest.fixture
def fleet(make_fleet: Callable[..., Fleet]) -> Fleet:
    """Two hosts with two nodes each, without RabbitMQ."""
    return make_fleet()


@pytest.fixture
def make_artifact(tmp_path: Path) -> Callable[[str], Artifact]:
    """An artifact of a version, whose tree is empty."""

    def make(version: str) -> Artifact:
        folder = tmp_path / "dist" / version
        folder.mkdir(parents=True, exist_ok=True)
        manifest = Manifest("courier", version, "amd64", "15", "27", "2026-01-01T00:00:00Z", ())
        (folder / "manifest.json").write_text(manifest.to_json())
        tarfile.open(folder / "tree.tar.gz", "w:gz").close()
        digest = hashlib.sha256(version.encode()).hexdigest()
        return Artifact("courier", version, digest, "amd64", folder, folder / "tree.tar.gz", None)

    return make


@pytest.fixture
def five(make_fleet: Callable[..., Fleet]) -> Callable[[str], Fleet]:
    """Five hosts with two nodes each, with lines for [deploy]."""
    more = "".join(f'[clusters.ams.hosts.ams{n}]\naddress = "10.0.0.{n}"\n' for n in (3, 4, 5))

    def make(deploy: str) -> Fleet:
        place = 'address = "10.0.0.2"\n'
        soak = "" if "soak_seconds" in deploy else "soak_seconds = 0\n"
        return make_fleet((place, place + more), ("soak_seconds = 0", soak + deploy))

    return make


@pytest.fixture
def memory(fleet: Fleet) -> MemoryFleet:
    """Two hosts in memory, empty."""
    return MemoryFleet(fleet)


@pytest.fixture
def deployed(memory: MemoryFleet, make_artifact: Make) -> MemoryFleet:
    """Two hosts in memory that run 0.1.0."""
    deploy(memory, make_artifact("0.1.0"))
    memory.calls.clear()
    memory.events.clear()
    return memory


SHELLS = [
    pytest.param(shell, id=shell[0], marks=pytest.mark.skipif(not shutil.which(shell[0]), reason="not here"))
    for shell in (["dash"], ["busybox", "sh"])
]


@pytest.fixture(params=SHELLS)
def host(request: pytest.FixtureRequest, tmp_path: Path, fleet: Fleet) -> FolderHost:
    """A host that is a folder, empty, with the helper."""
    return FolderHost(tmp_path / "host", fleet, request.param)


@pytest.fixture
def one_host(tmp_path: Path, fleet: Fleet) -> FolderHost:
    """The same under this machine's own shell, for what other programs decide: tar, awk, ssh-keygen."""
    return FolderHost(tmp_path / "host", fleet, ["sh"])
