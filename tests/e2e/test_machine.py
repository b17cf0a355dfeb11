"""What containers can't show, on a machine with a kernel of its own: power cuts, and limits that count."""

from __future__ import annotations

import contextlib
import random
import re
import shutil
import threading
import time
from collections.abc import Iterator

import pytest

from beamwright import artifact, rollout
from beamwright.errors import BeamwrightError
from beamwright.rollout import Event, Watcher
from beamwright.rollout.facts import App
from beamwright.toolchain import Engine
from tests.machine import Machine, absent, make
from tests.road import ROOT, Road

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(bool(absent()), reason=f"not on this machine: {absent()}"),
]

KEEP = 2
FLEET = """\
[project]
name = "depot"
source = "depot"
tool = "rebar3"

[node]
env = {{ CUT = "0" }}
ports = {{ http = 8080 }}
health = {{ http = "/healthz", port = "http" }}
memory_max = "200M"
tasks_max = 64
# Emulated, a node takes half a minute to start.
start_seconds = 180
allow_from = ["192.0.2.0/24"]

[sidecar]
enabled = false

[ssh]
user = "root"
key = "id_ed25519"
known_hosts = "known_hosts"
connect_seconds = 5

[deploy]
keep = {keep}
# Nobody waits for a machine that has lost its power to be whole again.
cluster_seconds = 20

[clusters.ams.hosts.machine]
address = "127.0.0.1"
port = {port}
"""


@pytest.fixture(scope="module")
def running(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, Road]]:
    """The Erlang example, deployed to one machine."""
    folder = tmp_path_factory.mktemp("machine")
    shutil.copytree(ROOT / "examples/depot", folder / "depot", ignore=shutil.ignore_patterns("_build"))
    make(engine, folder)
    machine, road = Machine(folder), Road(folder)
    try:
        key = machine.boot()
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{machine.port} {key}\n", "utf-8")
        (folder / "fleet.toml").write_text(FLEET.format(port=machine.port, keep=KEEP), "utf-8")
        road.invoke("init")
        road.invoke("build", "--kind", "tarball")
        road.invoke("deploy", "--yes")
        yield machine, road
    finally:
        machine.cut()


def test_a_machine_is_verified_and_its_limits_count(running: tuple[Machine, Road]) -> None:
    _, road = running
    road.invoke("verify")
    group = "/sys/fs/cgroup/depot.slice/depot@1.service"
    assert road.ssh("machine", f"cat {group}/memory.max {group}/pids.max").split() == ["209715200", "64"]
    # Its own address is neither localhost nor of the cluster, nor in allow_from.
    knock = "timeout 5 bash -c 'exec 3<>/dev/tcp/{}/8080' 2>/dev/null && echo open || echo shut"
    assert road.ssh("machine", knock.format("127.0.0.1")).strip() == "open"
    assert road.ssh("machine", knock.format("10.0.2.15")).strip() == "shut"
    restarts = "systemctl show -p NRestarts --value depot@1"
    before = int(road.ssh("machine", restarts))
    road.ssh("machine", "/opt/beamwright/host rpc depot 1 || :", b"binary:copy(<<0>>, 1 bsl 29), ok.")
    road.ssh("machine", f'until [ "$({restarts})" -gt {before} ]; do sleep 1; done')
    assert "oom-kill" in road.ssh("machine", "journalctl -u depot@1 --no-pager")


CUTS = (
    ("stage", 0.0),
    ("stage", 1.0),
    ("install", 0.5),
    ("switch", 0.0),
    ("switch", 0.5),
    ("restart", 1.0),
    ("cluster", 0.0),
    ("confirm", 0.0),
    ("confirm", 0.3),
    ("prune", 0.0),
)
"""Where the power goes: at the first action of that name, so many seconds later.

A prune is one operation with its confirm: there it goes as soon as that is told, before anything is removed.
"""

JOURNAL = "/opt/beamwright/depot/journal"
SLOW_RM = """\
case $* in */releases/[0-9]*) sleep 20 ;; esac
exec /usr/bin/rm "$@"
"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """All of them with `script/test faults`, else one that the seed draws; the last goes on to the end."""
    if "step" in metafunc.fixturenames:
        drawn = random.Random(metafunc.config.getoption("--seed")).choice(CUTS)
        cuts = CUTS if metafunc.config.getoption("--faults") == "every" else (drawn,)
        metafunc.parametrize(("step", "late", "last"), [(*cut, cut == cuts[-1]) for cut in cuts])


@pytest.mark.fault
def test_after_a_power_cut_a_machine_runs_a_whole_release_and_the_same_again_converges(
    running: tuple[Machine, Road], step: str, late: float, last: bool
) -> None:
    """The same again is the next deploy, which is cut later on, until one is not."""
    machine, road = running
    at = cut(machine, step, late)
    if step == "prune":
        _fill(road)
        at = cut_as_it_prunes(machine, road)
    before = current(road)
    if artifact.find(road.folder / "dist", "depot").release_id == before:
        _release(road)
    made = artifact.find(road.folder / "dist", "depot")
    with contextlib.suppress(BeamwrightError):
        rollout.deploy(road.fleet, road.fleet.hosts, made, on_event=at)
    assert not machine.on
    machine.boot()
    wait_for_the_node(road)
    if step == "prune":
        told = road.ssh("machine", f"rm /usr/sbin/rm; sed -n '/confirmed {made.release_id}$/,$p' {JOURNAL}")
        assert told.count("\n") == 1
        assert len(app(road).releases) > KEEP
    confirmed = step in ("confirm", "prune") and current(road) == made.release_id
    assert confirmed or (step != "prune" and current(road) == before)
    if last:
        road.invoke("deploy", "--yes")
        assert current(road) == made.release_id


def _fill(road: Road) -> None:
    """As many releases as are kept: the next one is one too many."""
    road.invoke("deploy", "--yes")
    while len(app(road).releases) < KEEP:
        _release(road)
        road.invoke("deploy", "--yes")


def _release(road: Road) -> None:
    """Another release and another setting, so that everything is to be done; both say when they were made."""
    source, fleet, now = road.folder / "depot/src/depot_cut.erl", road.folder / "fleet.toml", time.time_ns()
    source.write_text(f"-module(depot_cut).\n-export([at/0]).\nat() -> {now}.\n", "utf-8")
    fleet.write_text(re.sub(r'CUT = "\d+"', f'CUT = "{now}"', fleet.read_text("utf-8")), "utf-8")
    road.invoke("build", "--kind", "tarball")


def cut(machine: Machine, step: str, late: float) -> Watcher:
    """A watcher that cuts the power when an action begins whose text starts with `step`."""

    def watch(event: Event) -> None:
        if event.kind == "start" and event.text.startswith(step) and machine.on:
            threading.Timer(late, machine.cut).start() if late else machine.cut()

    return watch


def cut_as_it_prunes(machine: Machine, road: Road) -> Watcher:
    """A watcher that cuts the power between a confirm and what it prunes."""
    install = "{ echo '#!/bin/sh'; cat; } >/usr/sbin/rm; chmod 755 /usr/sbin/rm; sync /usr/sbin/rm /usr/sbin"
    road.ssh("machine", install, SLOW_RM.encode())

    def wait() -> None:
        road.ssh("machine", f"until tail -n 1 {JOURNAL} | grep -q ' confirmed '; do sleep 0.1; done")
        machine.cut()

    def watch(event: Event) -> None:
        if event.kind == "start" and event.text.startswith("prune"):
            threading.Thread(target=wait).start()

    return watch


def wait_for_the_node(road: Road, seconds: float = 120) -> None:
    """Returns when the node runs and is ready."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(BeamwrightError):
            if all(unit.ready for unit in app(road).units.values()):
                return
        time.sleep(1)
    raise AssertionError(road.ssh("machine", "journalctl -b --no-pager | tail -n 60"))


def app(road: Road) -> App:
    """What the machine says of the depot."""
    return rollout.facts(road.fleet, road.fleet.hosts)["machine"].apps["depot"]


def current(road: Road) -> str:
    """The release that the machine has committed to, and runs; every file of it is as its manifest says."""
    found = app(road)
    assert found.current
    assert {unit.running for unit in found.units.values()} == {found.current}
    road.ssh("machine", f"/opt/beamwright/host check depot {found.current}")
    return found.current
