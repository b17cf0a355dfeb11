"""What the releases on the hosts hold: from the builds here, else told by a host that has them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from beamwright import artifact
from beamwright.artifact.manifest import Entry
from beamwright.errors import UnreachableError
from beamwright.fleet import Host
from beamwright.rollout.crew import Crew
from beamwright.rollout.facts import HostFacts
from beamwright.rollout.goal import Goal

Retained = Mapping[str, tuple[Entry, ...]]
"""Release id → its entries. An id ends with the beginning of their digest: nobody is believed."""

_AT_ONCE = 4
"""Few enough for one host alone: its sshd takes ten sessions (MaxSessions of sshd_config(5))."""


def retained(
    crew: Crew, facts: Mapping[str, HostFacts], goals: Mapping[tuple[str, str], Goal], told: Retained
) -> Retained:
    """The entries of the releases on those hosts that lack the one they shall get.

    Those that were `told` before stay true: no host is asked again.
    """
    known, keepers = dict(told), dict[tuple[str, str], list[Host]]()
    for host in crew.hosts:
        for app, made in _lacking(host, facts, goals):
            missing = set(facts[host.name].apps[app].releases) - known.keys()
            if not missing <= {release for _, release in keepers}:
                known |= _built(made, missing)
            for release in sorted(missing - known.keys()):
                keepers.setdefault((app, release), []).append(host)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        asked = {
            release: pool.submit(_told_by_any, crew, _beginning_with(number, hosts), app, release)
            for number, ((app, release), hosts) in enumerate(keepers.items())
        }
    return known | {release: entries for release, answer in asked.items() if (entries := answer.result())}


def _lacking(
    host: Host, facts: Mapping[str, HostFacts], goals: Mapping[tuple[str, str], Goal]
) -> Iterable[tuple[str, artifact.Artifact]]:
    """The apps of a host with the artifacts that have to be sent there."""
    for app, there in facts[host.name].apps.items():
        goal = goals.get((host.name, app))
        if goal and goal.artifact and goal.artifact.release_id not in there.releases:
            yield app, goal.artifact


def _built(made: artifact.Artifact, wanted: Iterable[str]) -> dict[str, tuple[Entry, ...]]:
    """Those of the wanted releases that lie beside the artifact."""
    found = (
        (f"{manifest.version}-{manifest.digest[:12]}", manifest)
        for manifest in artifact.manifests(made.folder.parent, made.described)
    )
    return {release: manifest.entries for release, manifest in found if release in set(wanted)}


def _beginning_with(number: int, hosts: list[Host]) -> list[Host]:
    """The hosts from that number on, and then those before it: each release is asked of another host."""
    first = number % len(hosts)
    return hosts[first:] + hosts[:first]


def _told_by_any(crew: Crew, hosts: Iterable[Host], app: str, release: str) -> tuple[Entry, ...]:
    """What the first host that tells it says that a release holds."""
    return next((entries for host in hosts if (entries := _told(crew, host, app, release))), ())


def _told(crew: Crew, host: Host, app: str, release: str) -> tuple[Entry, ...]:
    """What a host says that a release of it holds; nothing when it does not, or not the truth."""
    try:
        answer = crew.targets[host.name].run(crew.helper.call("manifest", app, release))
    except UnreachableError:
        return ()
    digest = hashlib.sha256(answer.stdout.encode()).hexdigest()
    if not answer.ok or digest[:12] != release.rpartition("-")[2]:
        return ()
    return tuple(Entry.of(line) for line in answer.stdout.splitlines())
