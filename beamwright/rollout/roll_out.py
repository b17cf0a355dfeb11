"""The way of every roll-out: look, check, plan, lock, do, and tell how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from beamwright.errors import UnreachableError
from beamwright.rollout import podman
from beamwright.rollout.carry_out import Job, carry_out
from beamwright.rollout.crew import Crew
from beamwright.rollout.document import demand
from beamwright.rollout.events import Event, Watcher, one_at_a_time
from beamwright.rollout.facts import HostFacts
from beamwright.rollout.goal import Goal, Situation
from beamwright.rollout.lock import demand_free
from beamwright.rollout.options import Options
from beamwright.rollout.outcome import HostOutcome, Outcome
from beamwright.rollout.parcel import Shipment, parcel
from beamwright.rollout.plan import Plan, Playbook, plan
from beamwright.rollout.preflight import check
from beamwright.rollout.ready import at_work
from beamwright.rollout.report import About, come_to
from beamwright.rollout.retained import Retained, retained

_NONE = Options()
_UNTOLD: Retained = {}


@dataclass(frozen=True)
class Order:
    """What somebody wants: a playbook, the goals that follow from the facts, and what to call it."""

    playbook: Playbook
    goals: Callable[[Mapping[str, HostFacts]], Mapping[tuple[str, str], Goal]]
    about: About
    hooks: Mapping[str, Path] = field(default_factory=dict)
    older: bool = False

    @property
    def reason(self) -> str:
        """For the lock, one line."""
        commit = f"of commit {self.about.revision}" if self.about.revision else ""
        return " ".join(word for word in (self.playbook.name, self.about.version, commit) if word)


def look(crew: Crew, order: Order, options: Options = _NONE) -> Situation:
    """The situation of an order; UnreachableError when a host is down, ConfigError when one is unfit.

    LockedError when another deployer is at work there, and nobody is to wait for it.
    """
    facts = crew.look_at_all(skip_down=options.skip_down)
    if not options.wait:
        demand_free(facts)
    situation = _situation(crew, order, facts)
    podman.demand(crew, situation.hosts)
    check(situation, options.again)
    return situation


def _situation(
    crew: Crew, order: Order, facts: Mapping[str, HostFacts], told: Retained = _UNTOLD
) -> Situation:
    """What is, and what shall be, on the hosts that the facts are of."""
    hosts, goals = tuple(host for host in crew.hosts if host.name in facts), order.goals(facts)
    there = retained(crew, facts, goals, told)
    return Situation(crew.fleet, hosts, facts, goals, there, hooks=order.hooks, older=order.older)


def roll_out(
    crew: Crew, order: Order, watch: Watcher, dry_run: bool = False, options: Options = _NONE
) -> Outcome:
    """Does what the order comes to; what is done is planned under the lock, from facts that hold there.

    Where nothing is to be done, nothing is locked.
    """
    watch = one_at_a_time(_telling_all(crew, watch))
    watch(Event("phase", "look"))
    situation = look(crew, order, options)
    todo = plan(situation, order.playbook)
    demand(todo, options.shown)
    for name, error in crew.left_out.items():
        watch(Event("detail", f"is left out: {error.message}", name))
    if dry_run:
        watch(Event("plan", order.playbook.name, plan=todo))
    if dry_run or not todo.phases:
        outcome = come_to(situation, order.about, todo, {}, "planned")
        watch(Event("end", outcome.outcome, outcome=outcome))
    else:
        _pack(todo)
        until = time.monotonic() + options.wait
        with at_work(crew, situation.facts, order.reason, watch, until) as facts:
            situation = _situation(crew, order, facts, situation.retained)
            # Whoever was at work meanwhile may have tried this very release, and taken it back.
            check(situation, options.again)
            outcome = carry_out(Job(crew, order.playbook, situation, order.about, options, watch))
            if options.proof:
                options.proof(crew.hosts)
    if crew.left_out and not dry_run:
        raise _not_all(crew, outcome)
    return _with_left_out(crew, outcome)


def _pack(todo: Plan) -> None:
    """Packs what is to be sent, once for all hosts; BuildError for a broken build, before any is touched."""
    for phase in todo.phases:
        for action in phase.actions:
            if isinstance(action.payload, Shipment):
                parcel(action.payload)


def _with_left_out(crew: Crew, outcome: Outcome) -> Outcome:
    """The outcome with a line for every host that was left out."""
    absent = tuple(HostOutcome(name, "unreachable", None, None, 0, 0.0) for name in crew.left_out)
    error = outcome.error or (_not_all(crew, outcome).message if absent else "")
    return replace(outcome, hosts=outcome.hosts + absent, error=error)


def _telling_all(crew: Crew, watch: Watcher) -> Watcher:
    """The watcher, which gets to know the hosts that were left out too."""

    def tell(event: Event) -> None:
        outcome = _with_left_out(crew, event.outcome) if event.outcome else None
        watch(replace(event, outcome=outcome))

    return tell


def _not_all(crew: Crew, outcome: Outcome) -> UnreachableError:
    names, every = ", ".join(crew.left_out), len(crew.hosts) + len(crew.left_out)
    return UnreachableError(
        f"{outcome.outcome} on {len(crew.hosts)} of {every} hosts, left out as they do not answer: {names}",
        hint="the same command again brings them along once they are up",
        detail="\n".join(error.message for error in crew.left_out.values()),
    )
