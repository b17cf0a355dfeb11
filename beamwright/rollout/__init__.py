"""What is done to hosts: looked at, planned, rolled one after the other, and taken back when it fails.

deploy, restart and rollback give an Outcome, or raise after telling `on_event` one (Event kind `end`).
"""

from __future__ import annotations

from beamwright.rollout.bootstrap import bootstrap
from beamwright.rollout.crew import Connect, Crew, all_of
from beamwright.rollout.day_two import (
    console,
    demand_deployed,
    facts,
    find_node,
    logs,
    open_to_root,
    reach,
    release_lock,
    rpc,
    status,
)
from beamwright.rollout.document import document, read
from beamwright.rollout.events import Event, Watcher
from beamwright.rollout.facts import HostFacts
from beamwright.rollout.history import Deed, history
from beamwright.rollout.options import Options
from beamwright.rollout.orders import deploy, plan, restart, rollback
from beamwright.rollout.outcome import HostOutcome, Outcome
from beamwright.rollout.plan import Plan
from beamwright.rollout.status import HostState, as_json, demand_all

__all__ = [
    "Connect",
    "Crew",
    "Deed",
    "Event",
    "HostFacts",
    "HostOutcome",
    "HostState",
    "Options",
    "Outcome",
    "Plan",
    "Watcher",
    "all_of",
    "as_json",
    "bootstrap",
    "console",
    "demand_all",
    "demand_deployed",
    "deploy",
    "document",
    "facts",
    "find_node",
    "history",
    "logs",
    "open_to_root",
    "plan",
    "reach",
    "read",
    "release_lock",
    "restart",
    "rollback",
    "rpc",
    "status",
]
