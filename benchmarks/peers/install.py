"""The peers that are Python programs, in an environment of their own, apart from Beamwright's."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from beamwright.errors import BuildError
from benchmarks.harness.figures import Log

PINNED = ("ansible-core==2.19.14", "pyinfra==3.10.0")


def programs(cache: Path, log: Log) -> Path:
    """The folder of their programs; what they are made of is installed once, from PyPI."""
    name = hashlib.sha256(repr((PINNED, sys.version_info[:2])).encode()).hexdigest()[:12]
    folder = cache / f"peers-{name}"
    if not (folder / "whole").exists():
        log(f"installing {' and '.join(PINNED)}")
        shutil.rmtree(folder, ignore_errors=True)
        _run(sys.executable, "-m", "venv", str(folder))
        quiet = ("--quiet", "--disable-pip-version-check")
        _run(str(folder / "bin/pip"), "install", *quiet, *PINNED)
        (folder / "whole").touch()
    return folder / "bin"


def _run(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, check=False, text=True)
    if done.returncode != 0:
        raise BuildError(f"{argv[0]} failed: exit code {done.returncode}", detail=done.stdout + done.stderr)
