"""Does what a plan says: the one place where what was decided meets the hosts."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field

from beamwright.command import Result
from beamwright.errors import BeamwrightError, UnreachableError
from beamwright.rollout.crew import Crew
from beamwright.rollout.events import Event, Kind, Watcher, tell_log
from beamwright.rollout.failure import Failure, Stopped, not_done
from beamwright.rollout.hooks import about_host, run
from beamwright.rollout.lanes import Lane, Operation, lanes, verb_of
from beamwright.rollout.operation import BrokenOffError, perform
from beamwright.rollout.parcel import parcel
from beamwright.rollout.plan import Action, Lack, Phase, Plan

_POLL_SECONDS = 0.5


@dataclass
class Tally:
    """What was done on one host so far; `restarted` are the units that have been."""

    bytes_sent: int = 0
    seconds: float = 0.0
    restarted: set[str] = field(default_factory=set)

    def count(self, sent: int) -> None:
        """So many bytes more."""
        self.bytes_sent += sent


class Executor:
    """Runs one plan on the hosts of a crew, and keeps count in `tally`."""

    def __init__(
        self, crew: Crew, watch: Watcher, tally: dict[str, Tally], variables: Mapping[str, str] | None = None
    ) -> None:
        """`variables` are those that hooks get."""
        self._crew, self._watch, self._tally, self._variables = crew, watch, tally, variables or {}
        self._hosts = {host.name: host for host in crew.hosts}
        self._stop = threading.Event()

    def run(self, plan: Plan) -> None:
        """Runs the phases in their order; Failure at the first action that fails, Stopped after Ctrl-C."""
        for phase in plan.phases:
            self._watch(Event("phase", phase.name))
            self._run_phase(phase)

    def _run_phase(self, phase: Phase) -> None:
        """The lanes at once, each one in its order; the first failure stops the others before their next."""
        with ThreadPoolExecutor(32) as pool:
            running = [pool.submit(self._run_lane, lane) for lane in lanes(phase)]
            self._wait_for(running)
        errors = [error for lane in running if (error := lane.exception()) is not None]
        failures = [error for error in errors if isinstance(error, Failure)]
        for error in sorted(errors, key=lambda error: isinstance(error, Stopped)):
            if isinstance(error, Failure):
                error.others = tuple(other for other in failures if other is not error)
            raise error

    def _wait_for(self, lanes: list[Future[None]]) -> None:
        """Ctrl-C lets what has begun come to its end; a second one does not wait."""
        while pending := wait(lanes, timeout=0).not_done:
            try:
                wait(pending)
            except KeyboardInterrupt:
                if self._stop.is_set():
                    # Else the end of the pool would wait for the hosts all the same.
                    self._crew.close()
                    raise
                self._stop.set()
                self._watch(Event("detail", "stopping after what has begun; Ctrl-C again to leave it alone"))

    def _run_lane(self, lane: Lane) -> None:
        for operation in lane:
            if self._stop.is_set():
                raise Stopped
            try:
                self._perform(operation)
            except Failure as failure:
                # At once: the other hosts of the batch may take minutes to come to their end.
                tell_log(self._watch, failure.action.host, failure.log)
                if not failure.action.optional:
                    self._stop.set()
                    raise
                self._watch(Event("detail", str(failure), failure.action.host))

    def _perform(self, actions: Operation) -> None:
        """One operation, with the events of its actions and their time."""
        begun, last, done = time.monotonic(), actions[-1], 0
        if lost := self._crew.lost.get(last.host):
            raise Failure(actions[0], lost)
        for action in actions:
            self._watch(Event("start", action.text, action.host))
        try:
            if last.here:
                self._do_here(last)
            elif last.until:
                self._await(last)
            else:
                self._do(actions)
            done = len(actions)
        except Failure as failure:
            done = actions.index(failure.action)
            raise
        except BeamwrightError as exc:  # a key file that is gone is found out when a connection is made anew
            # Nobody knows how far it came: the first of them is not known to be done.
            raise Failure(actions[0], exc.message, exc.detail, lost=True) from exc
        finally:
            seconds = time.monotonic() - begun
            if last.host:
                self._tally[last.host].seconds += seconds
            for number, action in enumerate(actions[: done + 1]):
                ended: Kind = "done" if number < done else "fail"
                spent = 0.0 if action is not last else seconds
                self._watch(Event(ended, action.text, action.host, spent))

    def _do(self, actions: Operation) -> None:
        """A change: run once, never again."""
        first, last = actions[0], actions[-1]
        sent, tally = parcel(first.payload) if first.payload else None, self._tally[first.host]
        seconds = sum(max(60.0, action.seconds) for action in actions)
        try:
            result = perform(self._crew, first.host, verb_of(actions), seconds, sent, tally.count)
        except BrokenOffError as exc:
            raise not_done(actions, exc.result, exc.message, lost=True) from exc
        if not result.ok:
            raise not_done(actions, result, f"exit code {result.exit_code}")
        if last.verb[0] == "restart":
            tally.restarted.add(last.verb[2])

    def _await(self, action: Action) -> None:
        """A look, repeated until it is what it shall be, and has been for as long as it shall.

        A connection that is lost over it is made anew: a look changes nothing.
        """
        assert action.until
        deadline, well_since = time.monotonic() + action.seconds + action.hold, None
        while True:
            try:
                lack = action.until(self._look(action).stdout)
            except UnreachableError as lost:
                if self._crew.closed or time.monotonic() > deadline:
                    raise
                lack = Lack(lost.message)
            now = time.monotonic()
            if lack and (lack.final or now > deadline):
                why = lack.text if lack.final else f"not after {action.seconds:g} s: {lack.text}"
                raise Failure(action, why, self._log(action))
            well_since = None if lack else well_since or now
            if well_since and now >= well_since + action.hold:
                return
            self._wait(_POLL_SECONDS)

    def _do_here(self, action: Action) -> None:
        """What the deployer does itself: a pause, or a hook."""
        if action.verb[0] == "pause":
            self._wait(action.seconds)
            return
        assert action.program
        variables = {**self._variables, **(about_host(self._hosts[action.host]) if action.host else {})}
        if wrong := run(action.program, variables, self._watch, action.host):
            raise Failure(action, wrong)

    def _wait(self, seconds: float) -> None:
        """Time that passes; Stopped when something else has ended the phase meanwhile."""
        if self._stop.wait(seconds):
            raise Stopped

    def _look(self, action: Action) -> Result:
        target = self._crew.targets[action.host]
        return target.run(self._crew.helper.call(*action.verb), timeout=max(60.0, action.seconds))

    def _log(self, action: Action) -> str:
        """The last lines of the unit that kept the action waiting."""
        if not action.unit:
            return ""
        command = self._crew.helper.call("log", action.verb[1], "15", "last", action.unit)
        with suppress(UnreachableError):
            return self._crew.targets[action.host].run(command).stdout
        return ""
