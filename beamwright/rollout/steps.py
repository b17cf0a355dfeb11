"""The steps that playbooks are made of, but for the nodes': situation in, actions out. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from beamwright.artifact import IMAGE, Artifact
from beamwright.artifact.delta import Delta, delta
from beamwright.fleet import Host
from beamwright.fleet.model import Registry
from beamwright.rollout.actions import bring, node_seconds, restart
from beamwright.rollout.cluster import Dispensable, Members, ready_sidecars
from beamwright.rollout.goal import SIDECAR, Situation, apps_of
from beamwright.rollout.parcel import Shipment
from beamwright.rollout.plan import Action
from beamwright.rollout.reasons import restart_reasons, surplus_units

_SIDECAR_SECONDS = 1500.0
_QUORUM = 3


def stage(situation: Situation) -> tuple[Action, ...]:
    """Brings the releases that a host lacks, by way of the nearest that it has; touches nothing that runs."""
    actions, ways = [], dict[tuple[str, frozenset[str]], Delta]()
    for host in situation.hosts:
        for app in apps_of(situation.fleet):
            artifact, there = situation.goal(host, app).artifact, situation.app(host, app).releases
            if artifact is None or artifact.release_id in there:
                continue
            key = artifact.release_id, frozenset(there)
            way = ways[key] = ways.get(key) or _way(situation, artifact, there)
            text = f"stage {app} {artifact.release_id}" + (f" on {way.base}" if way.base else "")
            registry = _registry(situation, artifact)
            text += f", layers from {registry.repository}" if registry else ""
            verb = (
                "stage",
                app,
                artifact.release_id,
                way.base or "-",
                "older-too" if situation.older else "newer",
            )
            actions.append(Action(host.name, text, verb, Shipment(artifact, way, registry), seconds=1800.0))
    return tuple(actions)


def _registry(situation: Situation, artifact: Artifact) -> Registry | None:
    """Where hosts get the layers of the artifact, when that is not from here."""
    registry = situation.fleet.registry
    return registry if registry.pull and artifact.described == IMAGE else None


def _way(situation: Situation, artifact: Artifact, there: Iterable[str]) -> Delta:
    """The cheapest way to the artifact's tree on a host that has those releases."""
    retained = situation.retained
    return delta(artifact.manifest().entries, {id: retained[id] for id in there if id in retained})


def start_sidecars(situation: Situation) -> tuple[Action, ...]:
    """RabbitMQ where it does not run, on all such hosts at once.

    One that is to be a cluster of two or more waits for a second one before it is ready
    (https://www.rabbitmq.com/docs/cluster-formation), so that one after the other would never end.
    """
    running = ready_sidecars(situation)
    starting = [host for host in situation.hosts if host.name not in running]
    expected = running | {host.name for host in starting}
    return tuple(action for host in starting for action in _turn_sidecar(situation, host, expected))


def roll_sidecars(situation: Situation) -> tuple[Action, ...]:
    """Host by host, where RabbitMQ runs: what changed, a restart where that needs one, its cluster whole.

    No turn begins while a queue would lose its majority by it; two RabbitMQs keep none, there it is an outage
    (https://www.rabbitmq.com/docs/upgrade#maintaining-quorum).
    """
    running, actions = ready_sidecars(situation), list[Action]()
    expected = running | {host.name for host in situation.hosts}
    for host in situation.hosts:
        if host.name in running:
            large = len(situation.fleet.cluster_of(host).hosts) >= _QUORUM
            turn = _turn_sidecar(situation, host, expected, () if large else ("an outage for its queues",))
            restarts = any(action.verb[0] == "restart" for action in turn)
            actions += [*((_dispensable(situation, host),) if large and restarts else ()), *turn]
    return tuple(actions)


def confirm(situation: Situation) -> tuple[Action, ...]:
    """Makes what runs now what a revert would come back to; then what is too old for that may go."""
    project, actions = situation.fleet.project.name, list[Action]()
    for host in situation.hosts:
        if bring(situation, host, project) or situation.app(host, project).unconfirmed:
            actions.append(_confirm(situation, host, project))
        actions += _prune(situation, host, project)
    return tuple(actions)


def retire(situation: Situation) -> tuple[Action, ...]:
    """Stops what is no longer in the fleet: last, for a revert does not start it again."""
    return tuple(
        Action(
            host.name,
            f"stop {unit}: no longer in the fleet",
            ("stop", app, unit),
            seconds=node_seconds(host),
        )
        for host in situation.hosts
        for app in apps_of(situation.fleet)
        for unit in surplus_units(situation, host, app)
    )


def _turn_sidecar(
    situation: Situation, host: Host, expected: frozenset[str], also: tuple[str, ...] = ()
) -> list[Action]:
    """What one host's RabbitMQ needs; nothing when it is as it shall be. `also` is told of its restart."""
    turn = bring(situation, host, SIDECAR)
    for unit in situation.goal(host, SIDECAR).units:
        if reasons := restart_reasons(situation, host, SIDECAR, unit):
            turn.append(restart(host, SIDECAR, unit, "rabbitmq", reasons + also, _SIDECAR_SECONDS))
            turn.append(_members(situation, host, expected))
    if turn or situation.app(host, SIDECAR).unconfirmed:
        turn.append(_confirm(situation, host, SIDECAR))
    return turn + _prune(situation, host, SIDECAR)


def _confirm(situation: Situation, host: Host, app: str) -> Action:
    """The release that the plan has brought there, and no other one that is there by then."""
    release = situation.goal(host, app).release or situation.app(host, app).current or "-"
    return Action(host.name, f"confirm {app}", ("confirm", app, release))


def _prune(situation: Situation, host: Host, app: str) -> list[Action]:
    """Removes the oldest releases where the goal brings one too many."""
    keep, goal = situation.fleet.deploy.keep, situation.goal(host, app)
    if not goal.artifact or len({*situation.app(host, app).releases, goal.artifact.release_id}) <= keep:
        return []
    text, verb = f"prune {app} to {keep}", ("prune", app, str(keep))
    return [Action(host.name, text, verb, seconds=300.0, optional=True)]


def _dispensable(situation: Situation, host: Host) -> Action:
    """Waits until every queue keeps its majority without RabbitMQ here."""
    seconds, verb = float(situation.fleet.deploy.cluster_seconds), ("critical", SIDECAR)
    text = f"rabbitmq cluster {host.cluster}: no majority needs this one"
    return Action(host.name, text, verb, seconds=seconds, until=Dispensable(host.name))


def _members(situation: Situation, host: Host, running: frozenset[str]) -> Action:
    """Waits until RabbitMQ here sees all that run in its cluster."""
    cluster = {other.name for other in situation.fleet.cluster_of(host).hosts}
    expected = running & cluster
    seconds = float(situation.fleet.deploy.cluster_seconds)
    text = f"rabbitmq cluster {host.cluster}: {len(expected)} members"
    unit = situation.goal(host, SIDECAR).units[0]
    verb = ("members", SIDECAR)
    return Action(host.name, text, verb, seconds=seconds, until=Members(expected), unit=unit)
