"""The actions that steps are made of."""

from __future__ import annotations

from beamwright.fleet import Host
from beamwright.rollout.cluster import Watched, Whole
from beamwright.rollout.goal import Situation
from beamwright.rollout.plan import Action
from beamwright.rollout.reasons import changed_files


def bring(situation: Situation, host: Host, app: str) -> list[Action]:
    """Files and release, as far as they are not there yet."""
    goal, there, actions = situation.goal(host, app), situation.app(host, app), list[Action]()
    if changed := changed_files(situation, host, app):
        names = (
            "/".join(path.split("/")[-2:]) + " (open to others)" * (path in there.loose) for path in changed
        )
        text = f"install {app}: {', '.join(names)}"
        actions.append(Action(host.name, text, ("install", app), goal.files))
    if goal.release and goal.release != there.current:
        text = f"switch {app} {there.current or 'nothing'} → {goal.release}"
        actions.append(Action(host.name, text, ("switch", app, goal.release)))
    return actions


def restart(host: Host, app: str, unit: str, name: str, reasons: tuple[str, ...], seconds: float) -> Action:
    """Restarts a unit, and waits until systemd says that it is ready."""
    text = f"restart {name} ({', '.join(reasons)})"
    return Action(host.name, text, ("restart", app, unit), seconds=seconds, unit=unit)


def node_seconds(host: Host) -> float:
    """What stopping and starting a node may take, and some more: systemd's own limits end it first."""
    settings = host.settings
    return settings.drain_seconds + settings.stop_seconds + settings.start_seconds + 60.0


def whole(
    situation: Situation,
    host: Host,
    nodes: tuple[Watched, ...],
    expected: frozenset[str],
    unit: str = "",
    hold: float = 0.0,
) -> Action:
    """Waits until the host's `nodes` see all of `expected`, and stay so for `hold` seconds."""
    fleet = situation.fleet
    text = f"cluster {host.cluster} whole: {len(expected)} nodes{f', for {hold:g} s' if hold else ''}"
    seconds, verb = float(fleet.deploy.cluster_seconds), ("status", fleet.project.name)
    return Action(host.name, text, verb, seconds=seconds, until=Whole(nodes, expected), unit=unit, hold=hold)
