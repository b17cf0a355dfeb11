"""The locks of all hosts, and the host helper of this version on every one of them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from beamwright.command import Result
from beamwright.errors import LockedError
from beamwright.fleet import Host
from beamwright.rollout.bootstrap import install, trust
from beamwright.rollout.crew import Crew, all_of
from beamwright.rollout.events import Event, Watcher
from beamwright.rollout.facts import HostFacts
from beamwright.rollout.lock import demand_unlocked, locked, wait_for_others

_POLL_SECONDS = 0.5
_PATIENCE = 900.0
"""For a way back that restarts node after node; who has more to wait for runs the same again."""


@contextmanager
def at_work(
    crew: Crew, facts: Mapping[str, HostFacts], reason: str, watch: Watcher, until: float
) -> Iterator[Mapping[str, HostFacts]]:
    """Holds the lease of every host and gives the facts under it; `facts` are those from before.

    LockedError says who is in the way at `until` of time.monotonic(): somebody at work, or another version
    of Beamwright that has put its own helper there before the lock.
    """
    ours = False
    while not ours:
        _ready(crew, facts, watch, until)
        try:
            with locked(crew, reason, watch, until):
                facts = facts if _still_hold(crew, facts) else _look_in_peace(crew, watch)
                _demand_ours(crew, facts)
                ours = True
                yield facts
        except LockedError as error:
            if ours or time.monotonic() >= until:
                raise
            watch(Event("detail", f"waiting: {error.message}"))


def _ready(crew: Crew, facts: Mapping[str, HostFacts], watch: Watcher, until: float) -> None:
    """Waits until nobody is at work, and puts the helper where it is missing or another version.

    Where there is no time to wait, the `facts` tell where that is. LockedError says who is at work, at
    `until` of time.monotonic().
    """
    while True:
        if time.monotonic() < until:
            facts = wait_for_others(crew, watch, until)
        try:
            _put_helper(crew, facts, watch)
            return
        except LockedError:
            if time.monotonic() >= until:
                raise


def _still_hold(crew: Crew, facts: Mapping[str, HostFacts]) -> bool:
    """Whether nobody has been at work since the look, and nothing went back: no fence was given but ours."""
    return all(
        (host.helper, host.fence + 1, host.lease) == (crew.helper.digest, crew.fences[name], None)
        and not host.busy
        and not any(app.unconfirmed for app in host.apps.values())
        for name, host in facts.items()
    )


def _look_in_peace(crew: Crew, watch: Watcher) -> Mapping[str, HostFacts]:
    """The facts under the lock, once what was begun before it has ended, or gone back.

    LockedError names a host where that does not end.
    """
    told, patience = set[str](), time.monotonic() + _PATIENCE
    while True:
        facts = crew.look_at_all()
        busy = {name for name, host in facts.items() if host.busy}
        if not busy:
            return facts
        if time.monotonic() > patience:
            raise LockedError(
                f"{min(busy)}: what was begun there before is still at work, after {_PATIENCE:g} s",
                hint="on the host: systemctl list-units 'beamwright-*'",
            )
        for name in sorted(busy - told):
            watch(Event("detail", "waiting: what was begun there before is still at work", name))
        told |= busy
        time.sleep(_POLL_SECONDS)


def _demand_ours(crew: Crew, facts: Mapping[str, HostFacts]) -> None:
    """LockedError when another version of the helper came between `_ready` and the lock."""
    if stale := _stale(crew, facts):
        raise LockedError(
            f"{stale[0].name}: another version of Beamwright has just put its own host helper there",
            hint="the same again, or with --wait SECONDS; all who deploy to a fleet best use one version",
        )


def _stale(crew: Crew, facts: Mapping[str, HostFacts]) -> list[Host]:
    return [host for host in crew.hosts if facts[host.name].helper != crew.helper.digest]


def _put_helper(crew: Crew, facts: Mapping[str, HostFacts], watch: Watcher) -> None:
    stale = _stale(crew, facts)
    if not stale:
        return
    watch(Event("phase", "host helper"))

    def put(host: Host) -> Result:
        command = (
            crew.helper.upgrade() if facts[host.name].helper else install(crew.helper, trust(crew.fleet))
        )
        result = demand_unlocked(crew, host, crew.targets[host.name].run(command))
        watch(Event("done", "install the host helper", host.name))
        return result

    answers = crew.each(put, stale)
    for answer in answers.values():
        # One is enough to wait for, however many others say the same.
        if isinstance(answer, LockedError):
            raise answer
    all_of(answers)
