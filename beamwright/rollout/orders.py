"""deploy, restart, rollback: what each of them wants, said as goals; and the plan of a deploy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from beamwright.artifact import Artifact
from beamwright.errors import ConfigError
from beamwright.fleet import Fleet, Host
from beamwright.rollout import hooks, playbook
from beamwright.rollout.crew import Connect, Crew
from beamwright.rollout.events import Watcher, ignore
from beamwright.rollout.facts import App, HostFacts
from beamwright.rollout.goal import SIDECAR, Goal, as_it_is, to_artifacts, to_release
from beamwright.rollout.options import Options
from beamwright.rollout.outcome import Outcome
from beamwright.rollout.plan import Plan
from beamwright.rollout.plan import plan as decide
from beamwright.rollout.report import About
from beamwright.rollout.roll_out import Order, look, roll_out

NONE = Options()

_Goals = Mapping[tuple[str, str], Goal]
_Facts = Mapping[str, HostFacts]


def deploy(
    fleet: Fleet,
    hosts: Sequence[Host],
    artifact: Artifact,
    sidecar_artifact: Artifact | None = None,
    on_event: Watcher = ignore,
    dry_run: bool = False,
    connect: Connect | None = None,
    options: Options = NONE,
) -> Outcome:
    """Brings the artifact and the fleet file's settings to the hosts, and into use.

    UnreachableError: a host is down, nothing was changed. LockedError: somebody else is at work.
    RolledBackError: it failed, the previous release runs. UnconfirmedError: a person has to look.
    """
    order = _deploy(fleet, hosts, artifact, sidecar_artifact, options)
    with Crew(fleet, hosts, connect) as crew:
        return roll_out(crew, order, on_event, dry_run, options)


def plan(
    fleet: Fleet,
    hosts: Sequence[Host],
    artifact: Artifact,
    sidecar_artifact: Artifact | None = None,
    connect: Connect | None = None,
    options: Options = NONE,
) -> Plan:
    """What `deploy` would do now, by the same code."""
    order = _deploy(fleet, hosts, artifact, sidecar_artifact, options)
    with Crew(fleet, hosts, connect) as crew:
        return decide(look(crew, order, options), order.playbook)


def restart(
    fleet: Fleet,
    hosts: Sequence[Host],
    on_event: Watcher = ignore,
    dry_run: bool = False,
    connect: Connect | None = None,
    options: Options = NONE,
) -> Outcome:
    """Restarts the nodes of the hosts, one at a time over the whole cluster; the release stays."""
    project = fleet.project.name

    def goals(found: _Facts) -> _Goals:
        there = [host for host in hosts if host.name in found]
        if not any(_app(found, host, project).current for host in there):
            raise ConfigError(f"{project} is on none of these hosts", hint="beamwright deploy")
        return {
            (host.name, project): as_it_is(fleet, host, project, found[host.name], again=True)
            for host in there
        }

    order = _order(fleet, options, "restart", goals, About("", done="restarted"))
    with Crew(fleet, hosts, connect) as crew:
        return roll_out(crew, order, on_event, dry_run, options)


def rollback(
    fleet: Fleet,
    hosts: Sequence[Host],
    to: str = "",
    on_event: Watcher = ignore,
    dry_run: bool = False,
    connect: Connect | None = None,
    options: Options = NONE,
) -> Outcome:
    """Goes to the release before, or to the one whose id or version is `to`; it has to be on every host."""
    project = fleet.project.name

    def goals(found: _Facts) -> _Goals:
        apps = {host.name: _app(found, host, project) for host in hosts if host.name in found}
        release = _named(to, apps) if to else _previous(apps)
        absent = [name for name, app in apps.items() if release not in app.releases]
        if absent:
            raise ConfigError(
                f"release {release} is not on {', '.join(absent)}", hint="deploy it from its artifact"
            )
        return {
            (host.name, project): to_release(fleet, host, release) for host in hosts if host.name in found
        }

    order = _order(fleet, options, "rollback", goals, About(to, done="rolled back"))
    with Crew(fleet, hosts, connect) as crew:
        return roll_out(crew, order, on_event, dry_run, options)


def _order(
    fleet: Fleet, options: Options, name: str, goals: Callable[[_Facts], _Goals], about: About
) -> Order:
    """An order with the playbook that was asked for, or its own, and the project's hooks."""
    book = playbook.load(options.playbook or name, fleet.folder)
    return Order(book, goals, about, hooks.find(fleet.folder), options.older)


def _deploy(
    fleet: Fleet, hosts: Sequence[Host], artifact: Artifact, sidecar: Artifact | None, options: Options
) -> Order:
    """The order of a deploy; all files are rendered and all secrets read before a host is contacted."""
    artifacts = {fleet.project.name: artifact}
    if fleet.sidecar.enabled:
        if sidecar is None:
            raise ConfigError(
                "the fleet has a sidecar, and no artifact of RabbitMQ was given", hint="beamwright build"
            )
        artifacts[SIDECAR] = sidecar
    goals = to_artifacts(fleet, hosts, artifacts)
    return _order(
        fleet,
        options,
        "rolling",
        lambda _: goals,
        About(artifact.version, artifact.digest, revision=artifact.revision),
    )


def _app(found: _Facts, host: Host, project: str) -> App:
    return found[host.name].apps.get(project, App())


def _named(to: str, apps: Mapping[str, App]) -> str:
    """The release that an id, or a version, means."""
    known = sorted({release for app in apps.values() for release in app.releases})
    meant = [release for release in known if to in (release, release.rpartition("-")[0])]
    if not meant:
        raise ConfigError(
            f"there is no release {to} on these hosts", hint=f"they have {', '.join(known) or 'none'}"
        )
    if len(meant) > 1:
        raise ConfigError(f"{to} may be {' or '.join(meant)}", hint="name the one that you mean")
    return meant[0]


def _previous(apps: Mapping[str, App]) -> str:
    """The one release before: what an unconfirmed roll-out has left, or else what every host had last."""
    before = {app.before for app in apps.values() if app.unconfirmed and app.before != app.current}
    before = before or {app.previous for app in apps.values()}
    releases = sorted(release for release in before if release)
    if not releases:
        raise ConfigError("there is no earlier release to go back to", hint="beamwright status")
    if len(releases) > 1:
        raise ConfigError(
            f"the hosts had different releases before: {', '.join(releases)}",
            hint="say which: beamwright rollback --to ID",
        )
    return releases[0]
