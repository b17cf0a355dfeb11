"""What follows a failure: every host goes back to how it was, and the error says whether that worked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from beamwright.errors import VerifyError
from beamwright.fleet import Fleet, Host
from beamwright.fleet.share import Amount
from beamwright.rollout.crew import Crew
from beamwright.rollout.events import Event, Watcher
from beamwright.rollout.executor import Executor, Tally
from beamwright.rollout.facts import App, HostFacts
from beamwright.rollout.failure import Failure, Stopped
from beamwright.rollout.goal import SIDECAR, Situation
from beamwright.rollout.nodes import bring_nodes_back, rest_whole, roll_nodes
from beamwright.rollout.plan import Action, Phase, Plan, Playbook, Step, plan
from beamwright.rollout.steps import confirm, roll_sidecars, start_sidecars
from beamwright.rollout.verdict import Return, left, not_begun, not_confirmed, rolled_back, stopped, unsettled

_BACK = Playbook(
    "revert",
    (
        Step("sidecars back", start_sidecars, parallel=True),
        Step("sidecars back in turn", roll_sidecars),
        Step("nodes back", bring_nodes_back),
        Step("cluster", rest_whole, parallel=True),
    ),
)


def turn_back(
    crew: Crew, situation: Situation, failure: Failure, tally: dict[str, Tally], watch: Watcher
) -> Return:
    """Reverts what the roll-out changed on the hosts of the situation."""
    verb, app = failure.action.verb[0], _app(crew, failure)
    if verb == "stage" or failure.action.verb == ("hook", "before"):
        return not_begun(failure)
    if failure.action.verb == ("hook", "after"):
        return Return(VerifyError(f"{failure}; every node runs what it shall, and that is confirmed"))
    facts, lost = _look(crew, situation.hosts)
    touched = tuple(host for host in situation.hosts if host.name in facts and _undone(facts[host.name], app))
    if verb == "confirm":
        elsewhere = _elsewhere(situation, facts, app)
        return not_confirmed(failure, lost | {host.name for host in touched} | elsewhere, elsewhere)
    if app == SIDECAR and any(_is_downgrade(facts[host.name].apps[SIDECAR]) for host in touched):
        return left(failure, "RabbitMQ can't go back to an older version: a person has to look")
    if not touched and not lost and verb in ("hook", "critical"):
        done = any(count.restarted for count in tally.values())
        return left(failure, "what was done before is confirmed") if done else not_begun(failure)
    if not touched and not lost:
        return left(failure, "there is nothing to go back to; the hosts after it were not touched")
    bad = lost | _revert(crew, app, touched, tally, watch)
    bad |= _bring_back(crew, tuple(host for host in touched if host.name not in bad), tally, watch)
    back = frozenset(host.name for host in touched) - bad
    first = all(_first(facts[host.name], app) for host in touched)
    return Return(unsettled(failure, bad) if bad else rolled_back(failure, back, first), back, frozenset(bad))


def leave(
    crew: Crew, situation: Situation, failure: Failure, tally: dict[str, Tally], watch: Watcher
) -> Return:
    """Confirms the hosts that are as they shall be; the others stay as they are, for a person to see."""
    if failure.action.verb[0] == "stage" or (failure.action.verb[0] == "hook" and not failure.action.host):
        return turn_back(crew, situation, failure, tally, watch)
    app, restarted = (
        _app(crew, failure),
        frozenset((n, unit) for n, c in tally.items() for unit in c.restarted),
    )
    facts, lost = _look(crew, situation.hosts)
    touched = tuple(host for host in situation.hosts if host.name in facts and _undone(facts[host.name], app))
    now = replace(
        situation, fleet=_at_once(crew.fleet), hosts=touched, facts=facts, restarted=restarted, hooks={}
    )
    owing = {failure.action.host, *(each.action.host for each in failure.others)}
    owing |= {action.host for action in roll_nodes(now)}
    done = replace(now, hosts=tuple(host for host in touched if host.name not in owing))
    bad = lost | {host.name for host in touched if host.name in owing} | {failure.action.host}
    bad |= _try(
        crew, plan(done, Playbook("confirm", (Step("confirm", confirm, parallel=True),))), tally, watch
    )
    return Return(stopped(failure, bad), bad=frozenset(bad))


def _app(crew: Crew, failure: Failure) -> str:
    """What the failure concerns: RabbitMQ or the project."""
    return SIDECAR if SIDECAR in failure.action.verb else crew.fleet.project.name


def _look(crew: Crew, hosts: Iterable[Host]) -> tuple[dict[str, HostFacts], set[str]]:
    """The facts of the hosts that answer, and the names of those that do not."""
    found = crew.each(crew.look, hosts)
    facts = {name: answer for name, answer in found.items() if isinstance(answer, HostFacts)}
    return facts, set(found) - set(facts)


def _elsewhere(situation: Situation, facts: Mapping[str, HostFacts], app: str) -> frozenset[str]:
    """The hosts that are not at the release that they shall be at."""
    hosts = (host for host in situation.hosts if host.name in facts)
    return frozenset(
        host.name
        for host in hosts
        if facts[host.name].apps.get(app, App()).current != situation.goal(host, app).release
    )


def _undone(facts: HostFacts, app: str) -> bool:
    return facts.apps.get(app, App()).unconfirmed


def _first(facts: HostFacts, app: str) -> bool:
    return facts.apps.get(app, App()).before is None


def _is_downgrade(app: App) -> bool:
    """Whether going back would be to another version; ids are <version>-<digest>."""
    versions = {release.rpartition("-")[0] for release in (app.before, app.current) if release}
    return len(versions) > 1


def _revert(crew: Crew, app: str, hosts: Iterable[Host], tally: dict[str, Tally], watch: Watcher) -> set[str]:
    """Files and links back on all hosts at once; the names of those where that failed."""
    bad = set()
    for host in hosts:
        action = Action(host.name, f"revert {app}", ("revert", app), seconds=_seconds(host))
        bad |= _try(crew, Plan("revert", (Phase(f"revert {host.name}", False, (action,)),)), tally, watch)
    return bad


def _bring_back(crew: Crew, hosts: tuple[Host, ...], tally: dict[str, Tally], watch: Watcher) -> set[str]:
    """Restarts what does not run what it shall, one by one; a host that fails does not stop the rest."""
    bad: set[str] = set()
    while hosts:
        facts, lost = _look(crew, hosts)
        hosts = tuple(host for host in hosts if host.name not in lost)
        again = _try(crew, plan(Situation(_at_once(crew.fleet), hosts, facts, {}), _BACK), tally, watch)
        bad |= lost | again
        if not again:
            break
        hosts = tuple(host for host in hosts if host.name not in again)
    return bad


def _at_once(fleet: Fleet) -> Fleet:
    """The fleet for the way back, which waits for nothing and is not refused: host by host."""
    deploy = replace(fleet.deploy, batch=(Amount(1),), pause_seconds=0, soak_seconds=0, min_ready=Amount(0))
    return replace(fleet, deploy=deploy)


def _try(crew: Crew, todo: Plan, tally: dict[str, Tally], watch: Watcher) -> set[str]:
    """Runs a plan; the name of the host that it failed on."""
    try:
        Executor(crew, watch, tally).run(todo)
    except Failure as failure:
        watch(Event("detail", str(failure), failure.action.host))
        return {failure.action.host}
    except Stopped:
        return {host.name for host in crew.hosts}
    return set()


def _seconds(host: Host) -> float:
    """A first release is stopped by its revert, node after node."""
    return 60.0 + len(host.nodes) * (host.settings.drain_seconds + host.settings.stop_seconds)
