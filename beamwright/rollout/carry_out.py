"""Carries a plan out: to its end, past the hosts that may fail, or back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from beamwright.errors import BeamwrightError, ConfigError, UnconfirmedError
from beamwright.rollout import hooks
from beamwright.rollout.crew import Crew
from beamwright.rollout.document import demand
from beamwright.rollout.events import Event, Watcher
from beamwright.rollout.executor import Executor, Tally
from beamwright.rollout.facts import HostFacts
from beamwright.rollout.failure import Failure, Stopped
from beamwright.rollout.goal import SIDECAR, Situation
from beamwright.rollout.lock import holder
from beamwright.rollout.options import Options
from beamwright.rollout.outcome import Outcome
from beamwright.rollout.plan import Action, Playbook, plan
from beamwright.rollout.report import About, come_to, stand
from beamwright.rollout.turn_back import leave, turn_back
from beamwright.rollout.verdict import Return


@dataclass(frozen=True)
class Job:
    """What is to be carried out on the hosts of `crew`, which stand as `situation` says."""

    crew: Crew
    playbook: Playbook
    situation: Situation
    about: About
    options: Options
    watch: Watcher


@dataclass
class _Behind:
    """The hosts that the roll-out goes on without: how they failed, which went back, which are not well."""

    failures: dict[str, Failure] = field(default_factory=dict)
    back: frozenset[str] = frozenset()
    bad: frozenset[str] = frozenset()

    def add(self, failure: Failure, ended: Return) -> None:
        """One more."""
        self.failures[failure.action.host] = failure
        self.back, self.bad = self.back | ended.back, self.bad | ended.bad

    def with_these(self, ended: Return, error: BeamwrightError | None = None) -> Return:
        """How the others ended, and these."""
        begun = ended.begun or bool(self.failures)
        return Return(error or ended.error, ended.back | self.back, ended.bad | self.bad, begun)


def carry_out(job: Job) -> Outcome:
    """Does what the playbook comes to, and tells how it ended; raises the error that is then true."""
    crew, situation, watch = job.crew, job.situation, job.watch
    tally = {host.name: Tally() for host in crew.hosts}
    demand(plan(situation, job.playbook), job.options.shown)
    try:
        ended = _go(job, tally)
        if ended is None:
            todo = plan(situation, job.playbook)
            return _end(come_to(situation, job.about, todo, tally, job.about.done), watch)
        outcome, error = stand(crew, situation, job.about, tally, ended), ended.error
    except (Stopped, KeyboardInterrupt) as stopped:  # on the way there, or on the way back
        outcome = stand(crew, situation, job.about, tally)
        error = _interrupted(outcome)
        error.__cause__ = stopped
    outcome = _end(replace(outcome, error=error.message), watch)
    _run_failed(job, outcome, error)
    raise error


def _go(job: Job, tally: dict[str, Tally]) -> Return | None:
    """Runs the plan; None when it was done, else how it ended. Hosts that may fail are left behind."""
    behind, now, variables = _Behind(), job.situation, _variables(job)
    while True:
        try:
            now = _without(job, behind, tally) if behind.failures else now
            Executor(job.crew, job.watch, tally, variables).run(plan(now, job.playbook))
            return _short(job, behind) if behind.failures else None
        except ConfigError as refused:  # without those left behind, too few nodes would stay ready
            first = next(iter(behind.failures.values()))
            ended = leave(job.crew, now, first, tally, job.watch)
            return behind.with_these(ended, _refused(ended, refused))
        except Failure as failure:
            failures = (failure, *failure.others)
            if not _may_fail(job, failures, len(behind.failures) + len(failures)):
                return behind.with_these(_give_up(job, now, failure, tally))
            for each in failures:
                host = tuple(host for host in now.hosts if host.name == each.action.host)
                behind.add(each, _give_up(job, replace(now, hosts=host), each, tally))


def _may_fail(job: Job, failures: Sequence[Failure], count: int) -> bool:
    """Whether the roll-out goes on without the hosts: as many as may fail, and none over its RabbitMQ."""
    most = job.crew.fleet.deploy.max_fail.of(len(job.crew.hosts))
    ours = all(failure.action.host and SIDECAR not in failure.action.verb for failure in failures)
    return ours and count <= most and count < len(job.crew.hosts)


def _give_up(job: Job, situation: Situation, failure: Failure, tally: dict[str, Tally]) -> Return:
    """What the fleet file says of a failure: back, or stop."""
    way = turn_back if job.crew.fleet.deploy.on_fail == "revert" else leave
    return way(job.crew, situation, failure, tally, job.watch)


def _without(job: Job, behind: _Behind, tally: dict[str, Tally]) -> Situation:
    """The situation of the others now; what was restarted because somebody asked for it has been."""
    job.watch(Event("phase", f"on without {', '.join(sorted(behind.failures))}"))
    hosts = tuple(host for host in job.crew.hosts if host.name not in behind.failures)
    facts: dict[str, HostFacts] = {}
    for name, answer in job.crew.each(job.crew.look, hosts).items():
        if isinstance(answer, BeamwrightError):
            raise Failure(Action(name, "look", ("facts",)), answer.message, lost=True) from answer
        facts[name] = answer
    return replace(
        job.situation,
        hosts=hosts,
        facts=facts,
        restarted=frozenset((name, unit) for name, count in tally.items() for unit in count.restarted),
        hooks={name: path for name, path in job.situation.hooks.items() if name != "before"},
    )


def _variables(job: Job) -> dict[str, str]:
    """What hooks get to know."""
    about = job.about
    return hooks.about(
        job.crew.fleet, job.situation.hosts,
        playbook=job.playbook.name, version=about.version, digest=about.digest, deployer=holder(),
    )  # fmt: skip


def _run_failed(job: Job, outcome: Outcome, error: BeamwrightError) -> None:
    """The hook for what did not go well; that it fails too is told."""
    if path := job.situation.hooks.get("failed"):
        variables = _variables(job)
        variables |= {"BEAMWRIGHT_OUTCOME": outcome.outcome, "BEAMWRIGHT_ERROR": error.message}
        if wrong := hooks.run(path, variables, job.watch):
            job.watch(Event("detail", f"hook failed: {wrong}"))


def _short(job: Job, behind: _Behind) -> Return:
    """Done, but for the hosts left behind."""
    every = len(job.crew.hosts)
    done = every - len(behind.failures)
    told = "; ".join(
        f"{name} {_stands(behind, name)} ({failure.action.text}: {failure.why})"
        for name, failure in sorted(behind.failures.items())
    )
    error = UnconfirmedError(
        f"{job.about.done} on {done} of {every} hosts: {told}",
        hint="beamwright logs; the same command with --again brings them along",
    )
    return Return(error, behind.back, behind.bad)


def _stands(behind: _Behind, name: str) -> str:
    if name in behind.back:
        return "went back"
    return "is not well" if name in behind.bad else "is as it was"


def _refused(ended: Return, refused: ConfigError) -> UnconfirmedError:
    return UnconfirmedError(f"{ended.error.message}; then: {refused.message}", hint=refused.hint)


def _interrupted(outcome: Outcome) -> UnconfirmedError:
    lines = [f"{host.name}: {host.outcome}, {host.after or 'no release'}" for host in outcome.hosts]
    return UnconfirmedError(
        "interrupted: " + "; ".join(lines),
        hint="the same command again brings them to their end",
    )


def _end(outcome: Outcome, watch: Watcher) -> Outcome:
    watch(Event("end", outcome.outcome, outcome=outcome))
    return outcome
