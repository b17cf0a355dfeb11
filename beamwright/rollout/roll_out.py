"""The way of every roll-out: look, check, plan, lock, do, and tell how it ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from beamwright.errors import UnconfirmedError
from beamwright.fleet import Host
from beamwright.rollout.crew import Crew, all_of
from beamwright.rollout.events import Event, Watcher, one_at_a_time, tell_log
from beamwright.rollout.executor import Executor, Failure, Stopped, Tally
from beamwright.rollout.facts import HostFacts
from beamwright.rollout.goal import Goal, Situation
from beamwright.rollout.lock import locked
from beamwright.rollout.outcome import Outcome
from beamwright.rollout.plan import Playbook, plan
from beamwright.rollout.preflight import check
from beamwright.rollout.report import About, come_to, stand
from beamwright.rollout.retained import retained
from beamwright.rollout.turn_back import turn_back


@dataclass(frozen=True)
class Order:
    """What somebody wants: a playbook, the goals that follow from the facts, and what to call it."""

    playbook: Playbook
    goals: Callable[[Mapping[str, HostFacts]], Mapping[tuple[str, str], Goal]]
    about: About

    @property
    def reason(self) -> str:
        """For the lock, one line."""
        return f"{self.playbook.name} {self.about.version}".strip()


def look(crew: Crew, order: Order) -> Situation:
    """The situation of an order; UnreachableError when a host is down, ConfigError when one is unfit."""
    situation = _situation(crew, order)
    check(situation)
    return situation


def _situation(crew: Crew, order: Order) -> Situation:
    """What is, and what shall be."""
    facts = crew.look_at_all()
    goals = order.goals(facts)
    return Situation(crew.fleet, crew.hosts, facts, goals, retained(crew, facts, goals))


def roll_out(crew: Crew, order: Order, watch: Watcher, dry_run: bool = False) -> Outcome:
    """Does what the order comes to; what is done is planned again from the facts under the lock."""
    watch = one_at_a_time(watch)
    watch(Event("phase", "look"))
    situation = look(crew, order)
    todo = plan(situation, order.playbook)
    if dry_run:
        watch(Event("plan", order.playbook.name, plan=todo))
    if dry_run or not todo.phases:
        return _end(come_to(situation, order.about, todo, {}, "planned"), watch)
    _put_helper(crew, situation, watch)
    with locked(crew, order.reason, watch):
        return _do(crew, order, _situation(crew, order), watch)


def _do(crew: Crew, order: Order, situation: Situation, watch: Watcher) -> Outcome:
    """Runs the plan; on a failure goes back, and raises what came of that."""
    todo = plan(situation, order.playbook)
    tally = {host.name: Tally() for host in crew.hosts}
    try:
        try:
            Executor(crew, watch, tally).run(todo)
        except Failure as failure:
            tell_log(watch, failure.action.host, failure.log)
            ended = turn_back(crew, situation, failure, tally, watch)
            _end(stand(crew, situation, order.about, tally, ended), watch)
            raise ended.error from failure
    except (Stopped, KeyboardInterrupt) as stopped:  # on the way there, or on the way back
        raise _interrupted(_end(stand(crew, situation, order.about, tally), watch)) from stopped
    return _end(come_to(situation, order.about, todo, tally, order.about.done), watch)


def _put_helper(crew: Crew, situation: Situation, watch: Watcher) -> None:
    """Installs the host helper where it is missing or another version."""
    stale = [host for host in crew.hosts if situation.facts[host.name].helper != crew.helper.digest]
    if not stale:
        return
    watch(Event("phase", "host helper"))

    def put(host: Host) -> None:
        there = situation.facts[host.name].helper
        crew.run(host, crew.helper.upgrade() if there else crew.helper.put())
        watch(Event("done", "install the host helper", host.name))

    all_of(crew.each(put, stale))


def _interrupted(outcome: Outcome) -> UnconfirmedError:
    lines = [f"{host.name}: {host.outcome}, {host.after or 'no release'}" for host in outcome.hosts]
    return UnconfirmedError(
        "interrupted: " + "; ".join(lines),
        hint="the same command again brings them to their end",
    )


def _end(outcome: Outcome, watch: Watcher) -> Outcome:
    watch(Event("end", outcome.outcome, outcome=outcome))
    return outcome
