"""What containers can't show, on a machine with a kernel of its own: power cuts, and limits that count."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from beamwright.toolchain import Engine
from tests.machine import Machine, make_disk
from tests.road import ROOT, Road

pytestmark = pytest.mark.docker

FLEET = """\
[project]
name = "depot"
source = "depot"
tool = "rebar3"

[node]
count = 2
ports = {{ http = 8080 }}
health = {{ http = "/healthz", port = "http" }}
memory_max = "200M"
tasks_max = 64
start_seconds = 180

[sidecar]
enabled = false

[ssh]
user = "root"
key = "id_ed25519"
known_hosts = "known_hosts"

[clusters.ams.hosts.machine]
address = "127.0.0.1"
port = {port}
"""


@pytest.fixture(scope="module")
def machine(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, Road]]:
    """The Erlang example on one machine, deployed and verified."""
    folder = tmp_path_factory.mktemp("machine")
    shutil.copytree(ROOT / "examples/depot", folder / "depot", ignore=shutil.ignore_patterns("_build"))
    machine = Machine(make_disk(engine, Path("/tmp")), folder)
    road = Road(folder)
    try:
        key = machine.boot()
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{machine.port} {key}\n")
        (folder / "fleet.toml").write_text(FLEET.format(port=machine.port))
        road.invoke("init")
        road.invoke("build", "--kind", "tarball")
        road.invoke("deploy", "--yes")
        yield machine, road
    finally:
        machine.cut()


def test_limits_count(machine: tuple[Machine, Road]) -> None:
    _, road = machine
    group = "/sys/fs/cgroup/depot.slice/depot@1.service"
    print(road.ssh("machine", f"ls -d /sys/fs/cgroup/*; find /sys/fs/cgroup -name memory.max -path '*depot@1*' | xargs tail -n +1; find /sys/fs/cgroup -name pids.max -path '*depot@1*' | xargs cat"))
