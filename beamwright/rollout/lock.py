"""One deployer at a time: a lease on every host, renewed while this one lives, and given back."""

from __future__ import annotations

import os
import platform
import pwd
import re
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress

from beamwright.command import Result
from beamwright.errors import BeamwrightError, LockedError, RolledBackError
from beamwright.fleet import Host
from beamwright.rollout.crew import AT_ONCE, Crew, all_of
from beamwright.rollout.events import Event, Watcher
from beamwright.rollout.facts import HostFacts
from beamwright.rollout.helper import LOCKED

_POLL_SECONDS = 1.0
_MOST_TEXT = 200


@contextmanager
def locked(crew: Crew, reason: str, watch: Watcher, until: float = 0.0) -> Iterator[None]:
    """Holds the lease of every host, and keeps it; `crew.fences` holds its numbers.

    LockedError names who has one, at `until` of time.monotonic(), and then none is kept. A lease that is lost
    on the way is in `crew.lost`, with the reason.
    """
    token, ended = secrets.token_hex(8), threading.Event()
    keeper = threading.Thread(target=_keep, args=(crew, token, ended), daemon=True)
    outcome, is_over = "done", True
    try:
        _take_all(crew, token, reason, watch, until)
        keeper.start()
        yield
    except BaseException as exc:
        # After a LockedError the caller may wait, and then go to work.
        outcome, is_over = _outcome(exc), not isinstance(exc, LockedError)
        raise
    finally:
        ended.set()
        try:
            _end(keeper, crew, token, outcome, watch)
        except KeyboardInterrupt:
            # Where all is over it comes too late: how it ended is known, and would be told no more.
            if not is_over:
                raise


def _take_all(crew: Crew, token: str, reason: str, watch: Watcher, until: float) -> None:
    """All leases or none: two deployers that each hold some would wait for each other for ever."""
    project = crew.fleet.project.name

    def take(host: Host) -> int:
        seconds = str(crew.fleet.deploy.lease_seconds)
        command = crew.helper.call("lock", project, token, seconds, holder(), _text(reason))
        return int(demand_unlocked(crew, host, crew.targets[host.name].run(command)).stdout)

    while True:
        taken = crew.each(take)
        held = [answer for answer in taken.values() if isinstance(answer, LockedError)]
        if not held:
            crew.fences.update(all_of(taken))
            return
        if time.monotonic() >= until:
            raise held[0]
        _give_back(crew, token, "waits for another host", watch)
        wait_for_others(crew, watch, until)


def wait_for_others(crew: Crew, watch: Watcher, until: float) -> dict[str, HostFacts]:
    """The facts of the hosts once nobody is at work on any.

    LockedError says who is, at `until` of time.monotonic().
    """
    told = ""
    while True:
        try:
            facts = crew.look_at_all()
            demand_free(facts)
            return facts
        except LockedError as held:
            if time.monotonic() >= until:
                raise
            who = held.message.partition(";")[0]
            if who != told:
                watch(Event("detail", f"waiting: {held.message}"))
            told = who
        time.sleep(_POLL_SECONDS)


def _keep(crew: Crew, token: str, ended: threading.Event) -> None:
    """Renews the leases three times in their length; a host that does not answer holds up no other."""
    seconds = crew.fleet.deploy.lease_seconds

    def renew(host: Host) -> None:
        with suppress(BeamwrightError):  # it is asked again
            call = crew.helper.call("renew", token, str(seconds))
            answer = crew.targets[host.name].run(call, timeout=float(seconds))
            if answer.exit_code == LOCKED:
                crew.lost[host.name] = answer.stdout.strip()

    asked: dict[str, Future[None]] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while not ended.wait(seconds / 3):
            for host in crew.hosts:
                if host.name not in crew.lost and (host.name not in asked or asked[host.name].done()):
                    asked[host.name] = pool.submit(renew, host)


def _end(keeper: threading.Thread, crew: Crew, token: str, outcome: str, watch: Watcher) -> None:
    """Waits for the last renewal, which Ctrl-C cuts short, and gives all leases back."""
    try:
        if keeper.ident:
            keeper.join()
    finally:
        _give_back(crew, token, outcome, watch)


def _give_back(crew: Crew, token: str, outcome: str, watch: Watcher) -> None:
    """Tells which locks stay, after Ctrl-C too: then hosts that were not asked yet keep theirs."""
    stay = {host.name: "interrupted" for host in crew.hosts}

    def give(host: Host) -> None:
        try:
            crew.run(host, crew.helper.call("unlock", crew.fleet.project.name, token, outcome))
            del stay[host.name]
        except BeamwrightError as error:
            stay[host.name] = error.message

    try:
        crew.each(give)
    finally:
        seconds = crew.fleet.deploy.lease_seconds
        for name, why in tuple(stay.items()):
            watch(Event("detail", f"the lock stays for at most {seconds} s: {why}", name))


def demand_free(facts: Mapping[str, HostFacts]) -> None:
    """LockedError when somebody is at work on one of the hosts."""
    for name, host in facts.items():
        if host.lease and not host.lease.is_over:
            raise _locked_by(name, f"{host.lease.holder}; the lease lasts {host.lease.seconds} s more")


def demand_unlocked(crew: Crew, host: Host, result: Result) -> Result:
    """The result of a verb, when it is a good one; LockedError when the lease of somebody else refused it."""
    if result.exit_code == LOCKED:
        raise _locked_by(host.name, result.stdout.strip())
    return crew.demand(host, result)


def _locked_by(host: str, holder: str) -> LockedError:
    return LockedError(
        f"{host} is locked by {holder}",
        hint="wait until that has ended (--wait SECONDS); if it is dead, beamwright lock.release",
    )


def holder() -> str:
    """Who deploys: user@machine, without what the helper does not take."""
    name = f"{pwd.getpwuid(os.getuid()).pw_name}@{platform.node() or 'unknown'}"
    return re.sub(r"[^A-Za-z0-9@._+-]", "_", name)[:128]


def _outcome(exc: BaseException) -> str:
    """How it ended, for the journal."""
    if isinstance(exc, RolledBackError):
        return _text(f"rolled back: {exc.message}")
    if isinstance(exc, BeamwrightError):
        return _text(f"failed: {exc.message}")
    return _text(f"failed: {type(exc).__name__}")


def _text(text: str) -> str:
    """One line that the helper takes."""
    line = " ".join(text.split()).encode("ascii", "replace").decode()
    return re.sub(r"[^ -~]", "?", line)[:_MOST_TEXT] or "-"
