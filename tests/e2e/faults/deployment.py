"""A deploy that goes on in another process, and is met at a step of it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from tests.e2e.faults import deployer
from tests.e2e.faults.steps import Step

MOST_SECONDS = 300.0
_BEGUN = multiprocessing.get_context("forkserver")
_BEGUN.set_forkserver_preload(["__main__", deployer.__name__])
"""Where deployers come from: to import everything took each of them longer than most of its steps."""


@dataclass
class Told:
    """What a deployer told: its events, error and per-host outcomes; `code` is None when it was killed."""

    events: list[dict[str, Any]] = field(default_factory=list)
    code: int | None = None
    error: str = ""
    detail: str = ""
    hosts: dict[str, str] = field(default_factory=dict)

    def take(self, event: dict[str, Any]) -> None:
        """One more line."""
        self.events.append(event)
        if event["kind"] == "error":
            self.error, self.detail = event["text"], event["detail"]
        if event["kind"] == "end":
            self.hosts = {host["name"]: host["outcome"] for host in event["outcome"]["hosts"]}

    def __str__(self) -> str:
        lines = (f"{e['at']:7.2f} {e['kind']:7} {e.get('host', '')} {e.get('text', '')}" for e in self.events)
        return "\n".join((f"exit code {self.code}: {self.error}\n{self.detail}", *lines, f"{self.hosts}"))


@dataclass
class Deployment:
    """A deployer at work."""

    process: ForkServerProcess
    talk: Connection
    told: Told
    begun: float = field(default_factory=time.monotonic)

    def meet(self) -> bool:
        """Waits until it stands at its step; false when it has ended before."""
        return any(event["kind"] == "here" for event in self._events())

    def go(self) -> None:
        """Lets it go on from there; it may have been killed a moment ago."""
        with suppress(BrokenPipeError):
            self.talk.send("go on")

    def kill(self) -> None:
        """What the kernel does to it when memory is short: SIGKILL."""
        self.process.kill()

    def interrupt(self) -> None:
        """Ctrl-C, which may come when it has ended."""
        assert self.process.pid
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGINT)

    def end(self) -> Told:
        """All that it told, once it has ended."""
        for _ in self._events():
            pass
        self.process.join()
        code = self.process.exitcode
        self.told.code = None if code is None or code < 0 else code
        return self.told

    def _events(self) -> Iterator[dict[str, Any]]:
        with suppress(EOFError, ConnectionError):
            while True:
                event = {"at": time.monotonic() - self.begun, **self.talk.recv()}
                self.told.take(event)
                yield event


@contextmanager
def deploying(
    fleet: Path,
    folder: Path,
    at: Step | None = None,
    again: bool = False,
    wait: float = 0.0,
    skip_down: bool = False,
    links: Mapping[str, int] | None = None,
) -> Iterator[Deployment]:
    """A deploy of the artifact in the folder; one that does not end is killed, which its test will tell."""
    place = [at.phase, at.host, at.word] if at else []
    options = {"at": place, "again": again, "wait": wait, "skip_down": skip_down, "links": dict(links or {})}
    ours, theirs = _BEGUN.Pipe()
    process = _BEGUN.Process(target=deployer.main, args=(theirs, fleet, folder, options))
    process.start()
    theirs.close()
    overdue = threading.Timer(MOST_SECONDS, process.kill)
    overdue.start()
    try:
        yield Deployment(process, ours, Told())
    finally:
        overdue.cancel()
        process.kill()
        process.join()
        ours.close()
