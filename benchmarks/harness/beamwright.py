"""Beamwright as its users run it: `invoke` in a process of its own, timed and weighed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beamwright.errors import BuildError
from benchmarks.harness.apps import ROOT

WEIGHED = """\
import resource, signal, subprocess, sys, time
begun = time.monotonic()
child = subprocess.Popen(sys.argv[1:])
signal.signal(signal.SIGTERM, lambda *_: child.terminate())
signal.signal(signal.SIGINT, signal.SIG_IGN)
code = child.wait()
print(time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""
"""Prints how long a program took, in seconds, and its most memory in kB, as getrusage(2) has it. In a process
of its own, whose start does not count: a child counts what its parent held when it was forked."""


@dataclass(frozen=True)
class Ran:
    """A task that has ended: what it printed, how long it took, and the most memory the process had."""

    output: str
    seconds: float
    memory_bytes: int


@dataclass(frozen=True)
class Build:
    """One build: what it printed with --json, how long it took, and the most memory the process had."""

    report: dict[str, Any]
    seconds: float
    memory_bytes: int

    def artifact(self, kind: str) -> dict[str, Any]:
        """The artifact of that kind in the report."""
        return next(each for each in self.report["artifacts"] if each["kind"] == kind)


def init(folder: Path, cache: Path) -> None:
    """Makes the secrets that a fleet file wants, the key that signs among them."""
    invoke(folder, cache, "init")


def build(folder: Path, cache: Path, *words: str) -> Build:
    """Builds what the fleet file in the folder declares; `cache` is for what several projects share."""
    ran = run(folder, cache, "build", "--json", *words)
    return Build(json.loads(ran.output), ran.seconds, ran.memory_bytes)


def deploy(folder: Path, cache: Path, hosts: str) -> float:
    """Deploys, and gives the seconds that it took, without `verify`, which no peer has the like of.

    When `verify` begins, last of all, SIGTERM ends the process, which then gives back its locks.
    """
    begun, argv = time.monotonic(), _argv(folder, "deploy", "--yes", "--hosts", hosts)
    with subprocess.Popen(
        argv, cwd=ROOT, env=_environment(cache), text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr
        told = list[str]()
        try:
            for line in process.stderr:
                if line == "verify\n" and line not in told:
                    process.terminate()
                told.append(line)
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if process.returncode not in (0, 128 + signal.SIGTERM):
        raise BuildError(f"`deploy` failed in {folder}", detail="".join(told))
    return time.monotonic() - begun


def push(folder: Path, cache: Path, to: str) -> float:
    """Pushes the image of the newest build: the seconds that it took."""
    return run(folder, cache, "push", "--to", to).seconds


def invoke(folder: Path, cache: Path, *words: str, codes: tuple[int, ...] = (0,)) -> tuple[str, int]:
    """What a task printed, and the most bytes of memory that its process had at once."""
    ran = run(folder, cache, *words, codes=codes)
    return ran.output, ran.memory_bytes


def run(folder: Path, cache: Path, *words: str, codes: tuple[int, ...] = (0,)) -> Ran:
    """Runs a task to its end; BuildError when it ends with another exit code."""
    with subprocess.Popen(
        (sys.executable, "-c", WEIGHED, *_argv(folder, *words)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(cache),
    ) as process:
        try:
            told, errors = process.communicate()
        except BaseException:
            # Left alone, it would go on making what is being taken away already.
            process.terminate()
            process.wait()
            raise
    if process.returncode not in codes:
        raise BuildError(f"`{' '.join(words)}` failed in {folder}", detail=errors)
    output, _, figures = told.rstrip().rpartition("\n")
    seconds, kilobytes = figures.split()
    return Ran(output, float(seconds), int(kilobytes) * 1024)


def _argv(folder: Path, *words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "invoke", *words, "--fleet", str(folder / "fleet.toml"))


def _environment(cache: Path) -> dict[str, str]:
    return {**os.environ, "XDG_CACHE_HOME": str(cache)}
