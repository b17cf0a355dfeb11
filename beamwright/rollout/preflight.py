"""What a host has to be before anything is done to it."""

from __future__ import annotations

from beamwright.artifact import Artifact
from beamwright.errors import ConfigError
from beamwright.fleet import Host
from beamwright.rollout.goal import Situation, apps_of

_SYSTEMD = 250
# KiB: on a disk that is full to the brim, nothing else runs either.
_HEADROOM = 50 * 1024
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def check(situation: Situation, again: bool = False) -> None:
    """ConfigError with all that makes hosts unfit.

    A release that was taken back on a host is tried there only `again`.
    """
    faults = [fault for host in situation.hosts for fault in _faults(situation, host)]
    if faults:
        raise ConfigError(
            f"{len(faults)} things are in the way, nothing was changed: {faults[0]}",
            hint="mend the hosts, or leave them out with --hosts",
            detail="\n".join(faults),
        )
    if not again:
        _check_failed(situation)


def _check_failed(situation: Situation) -> None:
    """ConfigError when a host has taken back what it would get."""
    for app in apps_of(situation.fleet):
        release = next(
            (goal.release for (_, a), goal in situation.goals.items() if a == app and goal.artifact), None
        )
        hosts = [
            host.name
            for host in situation.hosts
            if release in situation.app(host, app).failed and situation.app(host, app).current != release
        ]
        if hosts:
            raise ConfigError(
                f"{app} {release} has failed on {', '.join(hosts)} and was taken back; nothing was changed",
                hint="build and deploy another one; or mend fleet.toml, and this one again with --again",
            )


def _faults(situation: Situation, host: Host) -> list[str]:
    facts, faults = situation.facts[host.name], []
    if facts.systemd < _SYSTEMD:
        faults.append(f"{host.name}: systemd {facts.systemd} is older than {_SYSTEMD}")
    missing = list[Artifact]()
    for app in apps_of(situation.fleet):
        artifact = situation.goal(host, app).artifact
        if artifact and _MACHINES.get(artifact.arch, artifact.arch) != facts.arch:
            faults.append(f"{host.name}: {app} is built for {artifact.arch}, the host is {facts.arch}")
        if artifact and artifact.release_id not in situation.app(host, app).releases:
            missing.append(artifact)
    needed = (
        sum(artifact.archive.stat().st_size + artifact.manifest().unpacked_bytes for artifact in missing)
        // 1024
    )
    files = sum(len(artifact.manifest().entries) for artifact in missing)
    if facts.free_inodes is not None and files > facts.free_inodes:
        faults.append(f"{host.name}: {facts.free_inodes} inodes free, {files} needed")
    if missing and needed + _HEADROOM > facts.free_kb:
        faults.append(f"{host.name}: {facts.free_kb >> 10} MiB free, {(needed + _HEADROOM) >> 10} MiB needed")
    return faults
