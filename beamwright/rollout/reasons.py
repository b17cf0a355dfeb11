"""Why something has to change: the differences between what is and what shall be."""

from __future__ import annotations

from beamwright.fleet import Host
from beamwright.rollout.facts import Unit
from beamwright.rollout.goal import SIDECAR, Situation


def changed_files(situation: Situation, host: Host, app: str) -> tuple[str, ...]:
    """The paths whose files are to be written or removed, or to be root's alone again."""
    app_there, goal = situation.app(host, app), situation.goal(host, app)
    there, wanted = app_there.files, goal.digests(app_there)
    differ = {path for path in {*there, *wanted} if there.get(path) != wanted.get(path)}
    return tuple(sorted(differ if goal.files is None else differ | app_there.loose))


def surplus_units(situation: Situation, host: Host, app: str) -> tuple[str, ...]:
    """The units that run, or would at boot, and that the fleet does not have any more."""
    wanted = situation.goal(host, app).units
    units = situation.app(host, app).units.values()
    return tuple(u.name for u in units if u.name not in wanted and (u.enabled or u.state != "inactive"))


def restart_reasons(situation: Situation, host: Host, app: str, unit: str) -> tuple[str, ...]:
    """Why the unit must be restarted; empty when it runs what it shall.

    Compared is what its process was started from, not what the links and files are now: a restart that an
    interrupted roll-out still owes is made up for by the next one.
    """
    there, goal = situation.app(host, app), situation.goal(host, app)
    found = there.units.get(unit)
    if found is None or found.state == "inactive":
        return ("not running",)
    if not _is_well(app, found):
        return (found.state if found.state != "active" else "not ready",)
    reasons = ["asked for"] if goal.again and (host.name, unit) not in situation.restarted else []
    if goal.release and found.running != goal.release:
        reasons.append("release")
    wanted, started = goal.digests(there), there.started.get(unit, {})
    reads = sorted(path for path in {*wanted, *started} if _reads(app, unit, path))
    reasons += [path.rpartition("/")[2] for path in reads if wanted.get(path) != started.get(path)]
    return tuple(reasons)


def _is_well(app: str, unit: Unit) -> bool:
    """Active, and a node says that it is ready; RabbitMQ's status text is not asked."""
    return unit.ready or (app == SIDECAR and unit.state == "active")


def _reads(app: str, unit: str, path: str) -> bool:
    """Whether a unit that runs has read the file when it started, and has to start again to see a new one."""
    if app == SIDECAR:
        return path.startswith("/etc/beamwright/") or path.endswith(f"/{unit}")
    number = unit.rpartition("@")[2].removesuffix(".service")
    return "/secrets/" in path or path in (
        f"/etc/beamwright/{app}/{number}.env",
        f"/etc/systemd/system/{app}@.service",
    )
