"""A fleet that exists on paper only: how long it takes to decide what to do with very many hosts."""

from __future__ import annotations

import time
from pathlib import Path

from beamwright import fleet
from beamwright.artifact import Artifact
from beamwright.fleet import Fleet, Host, secrets
from beamwright.rollout.facts import App, HostFacts, NodeStatus, Unit
from beamwright.rollout.goal import Situation, node_unit, to_artifacts
from beamwright.rollout.plan import plan
from beamwright.rollout.playbook import load

CLUSTERS, HOSTS, NODES = 20, 50, 4
_BEFORE = "0.0.9-0123456789ab"


def write(folder: Path, name: str) -> Path:
    """The fleet file of 1,000 hosts with 4 nodes each, in the new folder."""
    folder.mkdir()
    text = f'[project]\nname = "{name}"\ntool = "rebar3"\n[node]\ncount = {NODES}\n'
    text += "[sidecar]\nenabled = false\n"
    text += '[deploy]\nbatch = "1,25%,100%"\n'
    for cluster in range(CLUSTERS):
        for host in range(HOSTS):
            text += f'[clusters.c{cluster}.hosts.c{cluster}h{host}]\naddress = "10.0.{cluster}.{host + 1}"\n'
    (folder / "fleet.toml").write_text(text, "utf-8")
    secrets.ensure(fleet.load(folder / "fleet.toml"))
    return folder / "fleet.toml"


def decide(path: Path, artifact: Artifact) -> dict[str, float]:
    """Seconds of each step from the fleet file to the plan of a roll-out that restarts every node."""
    begun = time.monotonic()
    declared = fleet.load(path)
    loaded = time.monotonic()
    goals = to_artifacts(declared, declared.hosts, {declared.project.name: artifact})
    rendered = time.monotonic()
    facts = {host.name: _facts(declared, host) for host in declared.hosts}
    known = time.monotonic()
    found = plan(Situation(declared, declared.hosts, facts, goals), load("rolling", declared.folder))
    decided = time.monotonic()
    restarts = sum(action.verb[0] == "restart" for phase in found.phases for action in phase.actions)
    assert restarts == CLUSTERS * HOSTS * NODES
    return {"read": loaded - begun, "render": rendered - loaded, "decide": decided - known}


def _facts(declared: Fleet, host: Host) -> HostFacts:
    """A host that runs an earlier release, all of its nodes ready and joined."""
    status = NodeStatus("0.0.9", "ready", True, HOSTS * NODES - 1, HOSTS * NODES - 1)
    names = (node_unit(declared, node.number) for node in host.nodes)
    units = {name: Unit(name, "active", True, 0, _BEFORE, status) for name in names}
    app = App(_BEFORE, None, releases=(_BEFORE,), units=units)
    return HostFacts("0" * 64, "x86_64", 252, 1 << 24, {declared.project.name: app})
