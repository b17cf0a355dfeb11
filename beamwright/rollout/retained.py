"""What the releases on the hosts hold: from the builds here, else told by a host that has them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from beamwright import artifact
from beamwright.artifact.delta import delta
from beamwright.artifact.manifest import Entry
from beamwright.errors import UnreachableError
from beamwright.fleet import Host
from beamwright.rollout.crew import Crew
from beamwright.rollout.facts import App, HostFacts
from beamwright.rollout.goal import Goal

Retained = Mapping[str, tuple[Entry, ...]]
"""Release id → its entries. An id ends with the beginning of their digest: nobody is believed."""

NEAR = 1 << 20
"""Bytes, unpacked: who has to send no more asks for no other way. A change of one module is a tenth of it."""

_AT_ONCE = 4
"""Few enough for one host alone: its sshd takes ten sessions (MaxSessions of sshd_config(5))."""


@dataclass(frozen=True)
class _Lack:
    """A host that lacks an artifact, and what it has of that app."""

    host: Host
    app: str
    made: artifact.Artifact
    there: App

    @property
    def in_use(self) -> frozenset[str]:
        """The release that is in use, if it is one still."""
        return frozenset(each for each in self.there.releases if each == self.there.current)

    @property
    def others(self) -> frozenset[str]:
        """The releases that are kept besides."""
        return frozenset(self.there.releases) - self.in_use


def retained(
    crew: Crew, facts: Mapping[str, HostFacts], goals: Mapping[tuple[str, str], Goal], told: Retained
) -> Retained:
    """The entries of the releases on those hosts that lack the one they shall get.

    Those in use; the others only of a host to which the way from that one is far, for the answer takes longer
    than what it saves. Those that were `told` before stay true: no host is asked again.
    """
    lacking = tuple(_lacking(crew.hosts, facts, goals))
    known = {**told, **_found(crew, [(each, each.in_use) for each in lacking], told)}
    ways = {(each.made, each.there.releases) for each in lacking}
    far = {(made, there) for made, there in ways if _is_far(made, there, known)}
    others = [(each, each.others) for each in lacking if (each.made, each.there.releases) in far]
    return {**known, **_found(crew, others, known)}


def _is_far(made: artifact.Artifact, there: Iterable[str], known: Retained) -> bool:
    """Whether much has to be sent even by way of the nearest of those releases that are known."""
    way = delta(made.manifest().entries, {id: known[id] for id in there if id in known})
    return way.base is None or way.unpacked_bytes > NEAR


def _lacking(
    hosts: Iterable[Host], facts: Mapping[str, HostFacts], goals: Mapping[tuple[str, str], Goal]
) -> Iterator[_Lack]:
    """The apps of hosts that have to be sent there."""
    for host in hosts:
        for app, there in facts[host.name].apps.items():
            goal = goals.get((host.name, app))
            if goal and goal.artifact and goal.artifact.release_id not in there.releases:
                yield _Lack(host, app, goal.artifact, there)


def _found(crew: Crew, wanted: Iterable[tuple[_Lack, frozenset[str]]], known: Retained) -> Retained:
    """What the releases hold that somebody wants and nobody knows yet: several are asked for at once."""
    found, keepers = dict[str, tuple[Entry, ...]](), dict[tuple[str, str], list[Host]]()
    for lack, releases in wanted:
        missing = releases - known.keys() - found.keys()
        if not missing <= {release for _, release in keepers}:
            found |= _built(lack.made, missing)
        for release in sorted(missing - found.keys()):
            keepers.setdefault((lack.app, release), []).append(lack.host)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        asked = {
            release: pool.submit(_told_by_any, crew, _beginning_with(number, hosts), app, release)
            for number, ((app, release), hosts) in enumerate(keepers.items())
        }
    return found | {release: entries for release, answer in asked.items() if (entries := answer.result())}


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
