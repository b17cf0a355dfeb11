"""What a host shall have, worked out before anything is decided."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from beamwright import units
from beamwright.artifact import Artifact
from beamwright.artifact.manifest import Entry
from beamwright.fleet import Fleet, Host
from beamwright.rollout.facts import App, HostFacts
from beamwright.units.file import HostFile

SIDECAR = "rabbitmq"


@dataclass(frozen=True)
class Goal:
    """One app on one host: the release, the files (None: as they are) and the units that shall run.

    `again` restarts the units even where nothing has changed; `artifact` is None when nothing may be sent.
    """

    release: str | None
    units: tuple[str, ...]
    files: tuple[HostFile, ...] | None = None
    artifact: Artifact | None = None
    again: bool = False

    def digests(self, app: App) -> Mapping[str, str]:
        """Path → sha256 of the files as they shall be."""
        if self.files is None:
            return app.files
        return {file.path: hashlib.sha256(file.content.encode()).hexdigest() for file in self.files}


@dataclass(frozen=True)
class Situation:
    """All that a plan is made from: the hosts in their order, what is on them, what shall be.

    `retained` maps the releases on hosts that get another one to what they hold, as far as that is known.
    `restarted` has the (host, unit) that an earlier part of this roll-out has restarted already, `hooks` the
    project's hooks by name. `older`: a build with a lower counter than what was in use is wanted.
    """

    fleet: Fleet
    hosts: tuple[Host, ...]
    facts: Mapping[str, HostFacts]
    goals: Mapping[tuple[str, str], Goal]
    retained: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    restarted: frozenset[tuple[str, str]] = frozenset()
    hooks: Mapping[str, Path] = field(default_factory=dict)
    older: bool = False

    def app(self, host: Host, app: str) -> App:
        """What is there of an app; an empty one where it never was."""
        return self.facts[host.name].apps.get(app, App())

    def goal(self, host: Host, app: str) -> Goal:
        """What shall be; where nothing is said, as it is."""
        return self.goals.get((host.name, app)) or as_it_is(self.fleet, host, app, self.facts[host.name])


def apps_of(fleet: Fleet) -> tuple[str, ...]:
    """What the helper is asked about: the sidecar too where it is off, for one may still run."""
    return (fleet.project.name, SIDECAR)


def node_unit(fleet: Fleet, number: int) -> str:
    """The unit of a node."""
    return f"{fleet.project.name}@{number}.service"


def units_of(fleet: Fleet, host: Host, app: str) -> tuple[str, ...]:
    """The units that the fleet file wants of an app on a host."""
    if app == SIDECAR:
        return (f"beamwright-{SIDECAR}.service",) if fleet.sidecar.enabled else ()
    return tuple(node_unit(fleet, node.number) for node in host.nodes)


def as_it_is(fleet: Fleet, host: Host, app: str, facts: HostFacts, again: bool = False) -> Goal:
    """The goal that changes nothing but mends what does not run as it should."""
    there = facts.apps.get(app, App())
    return Goal(there.current, units_of(fleet, host, app) if there.current else (), again=again)


def to_release(fleet: Fleet, host: Host, release: str) -> Goal:
    """The nodes on a release that the host has already, their files as they are."""
    return Goal(release, units_of(fleet, host, fleet.project.name))


def to_artifacts(
    fleet: Fleet, hosts: Iterable[Host], artifacts: Mapping[str, Artifact]
) -> dict[tuple[str, str], Goal]:
    """Goals of a deploy, `artifacts` by app. Reads the secrets: ConfigError when one is missing."""
    goals: dict[tuple[str, str], Goal] = {}
    for host in hosts:
        files = (*units.render(fleet, host), *units.secret_files(fleet, host))
        for app, artifact in artifacts.items():
            own = tuple(file for file in files if _is_sidecar(file.path) == (app == SIDECAR))
            goals[host.name, app] = Goal(artifact.release_id, units_of(fleet, host, app), own, artifact)
        if not fleet.sidecar.enabled:
            goals[host.name, SIDECAR] = Goal(None, ())
    return goals


def _is_sidecar(path: str) -> bool:
    """Whether a file below /etc is RabbitMQ's; the helper takes the same ones."""
    return path.startswith(f"/etc/beamwright/{SIDECAR}/") or path.rpartition("/")[2].startswith(
        f"beamwright-{SIDECAR}."
    )
