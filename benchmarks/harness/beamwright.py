"""Beamwright as its users run it: `invoke build` in a process of its own, timed and weighed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beamwright.errors import BuildError
from benchmarks.harness.apps import ROOT

WEIGHED = """\
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""
"""Prints the most memory of a program in kB, as getrusage(2) has it. In a process of its own: a child
counts what its parent held when it was forked."""


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
    _invoke(folder, cache, "init")


def build(folder: Path, cache: Path, *words: str) -> Build:
    """Builds what the fleet file in the folder declares; `cache` is for what several projects share."""
    begun = time.monotonic()
    output, memory = _invoke(folder, cache, "build", "--json", *words)
    return Build(json.loads(output), time.monotonic() - begun, memory)


def _invoke(folder: Path, cache: Path, *words: str) -> tuple[str, int]:
    """What a task printed, and the most bytes of memory that its process had at once."""
    argv = (sys.executable, "-m", "invoke", *words, "--fleet", str(folder / "fleet.toml"))
    ended = subprocess.run(
        (sys.executable, "-c", WEIGHED, *argv),
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
    )
    if ended.returncode != 0:
        raise BuildError(f"`{' '.join(words)}` failed in {folder}", detail=ended.stderr)
    output, _, kilobytes = ended.stdout.rstrip().rpartition("\n")
    return output, int(kilobytes) * 1024
