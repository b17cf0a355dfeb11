"""Roll-outs that are disturbed, over real hosts: what was told was true, and the same again converges."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from beamwright import rollout
from tests.road import ROOT, Road

pytestmark = [pytest.mark.e2e, pytest.mark.docker]


def is_settled(road: Road) -> bool:
    """Every host has committed to what it runs, every node runs and is ready, and nobody holds a lock."""
    found = rollout.facts(road.fleet, road.fleet.hosts)
    apps = [facts.apps[road.fleet.project.name] for facts in found.values()]
    units = [(app, unit) for app in apps for unit in app.units.values()]
    well = all(unit.ready and unit.running == app.current for app, unit in units)
    return (
        well
        and not any(app.unconfirmed for app in apps)
        and all(not f.lease or f.lease.is_over for f in found.values())
    )


@contextmanager
def in_the_middle(road: Road, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A task while it restarts nodes."""
    program = [str(Path(sys.executable).with_name("invoke")), *words, "--yes"]
    process = subprocess.Popen(
        [*program, "--fleet", str(road.folder / "fleet.toml")],
        cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert process.stdout
        told = ""
        for line in process.stdout:
            told += line
            if "restart courier" in line:
                break
        assert process.poll() is None, told
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


@pytest.fixture(autouse=True)
def settled(road: Road) -> Iterator[None]:
    """Each test begins and leaves a fleet that is as its file says."""
    yield
    fleet = road.folder / "fleet.toml"
    fleet.write_text(fleet.read_text("utf-8").replace("\nenv = { MOOD = 'new' }", ""), "utf-8")
    road.invoke("deploy", "--yes")
    assert is_settled(road)


def change(road: Road) -> None:
    """Gives every node a reason to be restarted."""
    road.edit("fleet.toml", "count = 2", "count = 2\nenv = { MOOD = 'new' }")


def test_a_deployer_that_is_killed_leaves_hosts_that_the_next_one_finishes(road: Road) -> None:
    change(road)
    with in_the_middle(road, "deploy") as deployer:
        deployer.kill()
    assert not is_settled(road)
    assert "is locked by" in road.invoke("deploy", "--yes", code=5).stderr
    road.invoke("lock.release", "--yes")
    road.invoke("deploy", "--yes")
    assert is_settled(road)
    assert road.json("deploy", "--yes")["outcome"] == "unchanged"


def test_ctrl_c_stops_at_a_safe_point_says_where_hosts_stand_and_leaves_no_lock(road: Road) -> None:
    change(road)
    with in_the_middle(road, "deploy") as deployer:
        deployer.send_signal(signal.SIGINT)
        told, _ = deployer.communicate(timeout=120)
    assert deployer.returncode == 7, told
    assert "interrupted: ams1: unconfirmed" in told
    found = rollout.facts(road.fleet, road.fleet.hosts)
    assert {facts.lease for facts in found.values()} == {None}
    road.invoke("deploy", "--yes")
    assert is_settled(road)


def test_a_setting_that_keeps_nodes_from_starting_is_taken_back(road: Road) -> None:
    road.edit("fleet.toml", "count = 2", 'count = 2\nvm_args = ["-s no_such_module"]')
    try:
        result = road.invoke("deploy", "--yes", code=6)
    finally:
        road.edit("fleet.toml", '\nvm_args = ["-s no_such_module"]', "")
    assert "no_such_module" in result.stderr
    assert is_settled(road)
    assert road.json("deploy", "--yes")["outcome"] == "unchanged"


def test_a_changed_host_key_is_refused_before_anything_else(road: Road) -> None:
    known_hosts = road.fleet.ssh.known_hosts
    text = known_hosts.read_text("utf-8")
    first, *rest = text.splitlines(keepends=True)
    names, kind, _ = first.split(maxsplit=2)
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(road.folder / "other")], check=True
    )
    key = (road.folder / "other.pub").read_text("utf-8").split()[1]
    known_hosts.write_text(f"{names} {kind} {key}\n" + "".join(rest), "utf-8")
    try:
        assert "has CHANGED" in road.invoke("restart", "--yes", code=4).stderr
    finally:
        known_hosts.write_text(text, "utf-8")


def test_a_node_that_is_ready_and_then_dies_is_caught_while_it_soaks(road: Road) -> None:
    dies = "vm_args = [\"-eval 'timer:apply_after(3000,erlang,halt,[1]).'\"]"
    road.edit("fleet.toml", "count = 2", f"count = 2\n{dies}")
    road.edit("fleet.toml", "soak_seconds = 1", "soak_seconds = 9")
    try:
        told = road.invoke("deploy", "--yes", code=6).stderr
    finally:
        road.edit("fleet.toml", f"\n{dies}", "")
        road.edit("fleet.toml", "soak_seconds = 9", "soak_seconds = 1")
    assert "crashed: systemd has restarted it" in told
    assert is_settled(road)


def test_the_plan_that_was_shown_is_what_is_done(road: Road) -> None:
    shown = road.folder / "plan.json"
    change(road)
    road.invoke("plan", "--out", str(shown), code=10)
    road.edit("fleet.toml", "MOOD = 'new'", "MOOD = 'other'")
    refused = road.invoke("deploy", "--plan", str(shown), code=2).stderr
    assert "is not the plan that was shown" in refused
    other = road.folder / "other.json"
    other.write_text(json.dumps(json.loads(shown.read_text("utf-8")) | {"release": "9.9.9-a"}), "utf-8")
    refused = road.invoke("deploy", "--plan", str(other), code=2).stderr
    assert "other.json is about 9.9.9-a, and the newest build is 0.1." in refused
    road.edit("fleet.toml", "MOOD = 'other'", "MOOD = 'new'")
    assert road.json("deploy", "--plan", str(shown))["outcome"] == "deployed"
    assert "nothing was locked" in road.invoke("deploy", "--yes").stderr


# As the built-in one, without sidecars and what comes last.
HASTY = """\
from beamwright.rollout.nodes import cluster_whole, roll_nodes
from beamwright.rollout.plan import Step
from beamwright.rollout.steps import confirm, stage

STEPS = (
    Step("stage", stage, parallel=True),
    Step("hasty", roll_nodes, parallel=True),
    Step("cluster", cluster_whole, parallel=True),
    Step("confirm", confirm, parallel=True),
)
"""


def test_a_second_deployer_waits_for_the_first_and_goes_by_a_playbook_of_its_own(road: Road) -> None:
    (road.folder / "playbooks").mkdir()
    (road.folder / "playbooks/hasty.py").write_text(HASTY, "utf-8")
    change(road)
    with in_the_middle(road, "deploy") as first:
        road.edit("fleet.toml", "MOOD = 'new'", "MOOD = 'other'")
        try:
            told = road.invoke("deploy", "--yes", "--wait", "300", "--playbook", "hasty").stderr
        finally:
            road.edit("fleet.toml", "MOOD = 'other'", "MOOD = 'new'")
        assert first.wait(timeout=60) == 0
    assert "waiting: ams1 is locked by" in told
    assert "hasty 1/2: ams1" in told
    deeds = [deed for deed in rollout.history(road.fleet, road.fleet.hosts)[0] if deed.host == "ams1"][-2:]
    assert [(deed.what.split()[0], deed.outcome) for deed in deeds] == [
        ("rolling", "done"),
        ("hasty", "done"),
    ]
