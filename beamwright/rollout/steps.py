"""The steps that playbooks are made of: each looks at the situation and gives actions. Pure."""

from __future__ import annotations

from beamwright.fleet import Host
from beamwright.rollout.cluster import Members, Whole, joined_nodes, names_of, ready_sidecars
from beamwright.rollout.goal import SIDECAR, Situation, apps_of, node_unit
from beamwright.rollout.plan import Action
from beamwright.rollout.reasons import changed_files, restart_reasons, surplus_units

_SIDECAR_SECONDS = 1260.0


def stage(situation: Situation) -> tuple[Action, ...]:
    """Brings the releases that a host lacks; touches nothing that runs."""
    actions = []
    for host in situation.hosts:
        for app in apps_of(situation.fleet):
            artifact = situation.goal(host, app).artifact
            if artifact is None or artifact.release_id in situation.app(host, app).releases:
                continue
            text = f"stage {app} {artifact.release_id}"
            verb = ("stage", app, artifact.release_id, artifact.tarball_sha256)
            actions.append(Action(host.name, text, verb, artifact.tarball, seconds=1800.0))
    return tuple(actions)


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
    """Host by host, where RabbitMQ runs: what changed, a restart where that needs one, its cluster whole."""
    running = ready_sidecars(situation)
    expected = running | {host.name for host in situation.hosts}
    turning = (host for host in situation.hosts if host.name in running)
    return tuple(action for host in turning for action in _turn_sidecar(situation, host, expected))


def roll_nodes(situation: Situation) -> tuple[Action, ...]:
    """Host by host: files and release, then node by node: restart, ready, the cluster whole.

    What is not ready comes first: a node that is down is no reason to take down another one beside it.
    """
    actions: list[Action] = []
    project, started = situation.fleet.project.name, set(joined_nodes(situation))
    for host in sorted(situation.hosts, key=lambda host: {n.name for n in host.nodes} <= started):
        actions += _bring(situation, host, project)
        for node in sorted(host.nodes, key=lambda node: node.name in started):
            unit = node_unit(situation.fleet, node.number)
            if unit not in situation.goal(host, project).units:
                continue
            if reasons := restart_reasons(situation, host, project, unit):
                started.add(node.name)
                actions.append(_restart(host, project, unit, node.name, reasons, _node_seconds(host)))
                actions.append(_whole(situation, host, frozenset(started), unit))
    return tuple(actions)


def cluster_whole(situation: Situation) -> tuple[Action, ...]:
    """Every node sees every other one of its cluster, once all hosts are done."""
    started = joined_nodes(situation) | {
        node.name
        for host in situation.hosts
        for node in host.nodes
        if node_unit(situation.fleet, node.number) in situation.goal(host, situation.fleet.project.name).units
    }
    hosts = (host for host in situation.hosts if situation.goal(host, situation.fleet.project.name).units)
    return tuple(_whole(situation, host, started) for host in hosts)


def confirm(situation: Situation) -> tuple[Action, ...]:
    """Makes what runs now what a revert would come back to."""
    project = situation.fleet.project.name
    return tuple(
        Action(host.name, f"confirm {project}", ("confirm", project))
        for host in situation.hosts
        if _bring(situation, host, project) or situation.app(host, project).unconfirmed
    )


def retire(situation: Situation) -> tuple[Action, ...]:
    """Stops what is no longer in the fleet: last, for a revert does not start it again."""
    return tuple(
        Action(
            host.name,
            f"stop {unit}: no longer in the fleet",
            ("stop", app, unit),
            seconds=_node_seconds(host),
        )
        for host in situation.hosts
        for app in apps_of(situation.fleet)
        for unit in surplus_units(situation, host, app)
    )


def prune(situation: Situation) -> tuple[Action, ...]:
    """Removes the oldest releases where the goal brings one too many."""
    keep = situation.fleet.deploy.keep
    actions = []
    for host in situation.hosts:
        for app in apps_of(situation.fleet):
            goal, there = situation.goal(host, app), set(situation.app(host, app).releases)
            if goal.artifact and len(there | {goal.artifact.release_id}) > keep:
                actions.append(
                    Action(host.name, f"prune {app} to {keep}", ("prune", app, str(keep)), seconds=300.0)
                )
    return tuple(actions)


def _turn_sidecar(situation: Situation, host: Host, expected: frozenset[str]) -> list[Action]:
    """What one host's RabbitMQ needs; nothing when it is as it shall be."""
    turn = _bring(situation, host, SIDECAR)
    for unit in situation.goal(host, SIDECAR).units:
        if reasons := restart_reasons(situation, host, SIDECAR, unit):
            turn.append(_restart(host, SIDECAR, unit, "rabbitmq", reasons, _SIDECAR_SECONDS))
            turn.append(_members(situation, host, expected))
    if turn or situation.app(host, SIDECAR).unconfirmed:
        turn.append(Action(host.name, "confirm rabbitmq", ("confirm", SIDECAR)))
    return turn


def _bring(situation: Situation, host: Host, app: str) -> list[Action]:
    """Files and release, as far as they are not there yet."""
    goal, there, actions = situation.goal(host, app), situation.app(host, app), list[Action]()
    if changed := changed_files(situation, host, app):
        text = f"install {app}: {', '.join('/'.join(path.split('/')[-2:]) for path in changed)}"
        actions.append(Action(host.name, text, ("install", app), goal.files))
    if goal.release and goal.release != there.current:
        text = f"switch {app} {there.current or 'nothing'} → {goal.release}"
        actions.append(Action(host.name, text, ("switch", app, goal.release)))
    return actions


def _restart(host: Host, app: str, unit: str, name: str, reasons: tuple[str, ...], seconds: float) -> Action:
    text = f"restart {name} ({', '.join(reasons)})"
    return Action(host.name, text, ("restart", app, unit), seconds=seconds, unit=unit)


def _node_seconds(host: Host) -> float:
    """What stopping and starting a node may take, and some more: systemd's own limits end it first."""
    settings = host.settings
    return settings.drain_seconds + settings.stop_seconds + settings.start_seconds + 60.0


def _whole(situation: Situation, host: Host, started: frozenset[str], unit: str = "") -> Action:
    """Waits until the host's nodes that have been started see all that have been started in their cluster."""
    fleet, expected = situation.fleet, started & names_of(situation, host)
    nodes = tuple((node_unit(fleet, n.number), n.name) for n in host.nodes if n.name in started)
    seconds = float(fleet.deploy.cluster_seconds)
    verb = ("status", fleet.project.name)
    text = f"cluster {host.cluster} whole: {len(expected)} nodes"
    return Action(host.name, text, verb, seconds=seconds, until=Whole(nodes, expected), unit=unit)


def _members(situation: Situation, host: Host, running: frozenset[str]) -> Action:
    """Waits until RabbitMQ here sees all that run in its cluster."""
    cluster = {other.name for other in situation.fleet.cluster_of(host).hosts}
    expected = running & cluster
    seconds = float(situation.fleet.deploy.cluster_seconds)
    text = f"rabbitmq cluster {host.cluster}: {len(expected)} members"
    unit = situation.goal(host, SIDECAR).units[0]
    verb = ("members", SIDECAR)
    return Action(host.name, text, verb, seconds=seconds, until=Members(expected), unit=unit)
