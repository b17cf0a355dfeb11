"""One deployer at a time: a lock on every host, given back whatever happens."""

from __future__ import annotations

import os
import platform
import pwd
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from beamwright.command import Result
from beamwright.errors import BeamwrightError, LockedError
from beamwright.fleet import Host
from beamwright.rollout.crew import Crew, all_of
from beamwright.rollout.events import Event, Watcher

_LOCKED = 5


@contextmanager
def locked(crew: Crew, reason: str, watch: Watcher) -> Iterator[None]:
    """Holds the lock of every host; LockedError names who has one, and then none is kept."""
    project, token = crew.fleet.project.name, secrets.token_hex(8)

    def take(host: Host) -> Result:
        command = crew.helper.call("lock", project, token, holder(), reason)
        result = crew.targets[host.name].run(command)
        if result.exit_code == _LOCKED:
            raise locked_by(host.name, result.stdout.strip())
        return crew.demand(host, result)

    def give_back(host: Host) -> Result:
        return crew.run(host, crew.helper.call("unlock", project, token))

    try:
        _raise_first_lock(taken := crew.each(take))
        all_of(taken)
        yield
    finally:
        for name, answer in crew.each(give_back).items():
            if isinstance(answer, BeamwrightError):
                watch(Event("detail", f"the lock is still there: {answer.message}", name))


def locked_by(host: str, holder: str) -> LockedError:
    """The error for a host that somebody else works on."""
    return LockedError(
        f"{host} is locked by {holder}",
        hint="wait until that has ended; if it is dead: beamwright lock.release",
    )


def holder() -> str:
    """Who deploys: user@machine."""
    return f"{pwd.getpwuid(os.getuid()).pw_name}@{platform.node() or 'unknown'}"


def _raise_first_lock(answers: dict[str, Result | BeamwrightError]) -> None:
    """That somebody else is at work says more than that a host is down."""
    for answer in answers.values():
        if isinstance(answer, LockedError):
            raise answer
