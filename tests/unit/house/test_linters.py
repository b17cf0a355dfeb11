"""The linters, as tests: one gate for all."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from beamwright.rollout.helper import script

ROOT = Path(__file__).resolve().parents[3]


def run(*argv: str) -> None:
    """Runs a linter at the top of the repository; what it prints is the failure."""
    result = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_ruff_finds_nothing() -> None:
    run(sys.executable, "-m", "ruff", "check", ".")


def test_ruff_would_format_nothing() -> None:
    run(sys.executable, "-m", "ruff", "format", "--check", ".")


def test_mypy_finds_nothing() -> None:
    run(sys.executable, "-m", "mypy")


def shell_files() -> list[str]:
    """Every file that a POSIX shell runs, but for what git ignores below the examples."""
    folders = (".ci", "examples", "images", "script", "tests")
    found = (path.relative_to(ROOT) for folder in folders for path in (ROOT / folder).rglob("*"))
    ours = (path for path in found if not {"_build", "deps", "dist", ".beamwright"} & set(path.parts))
    return [str(path) for path in ours if is_shell(ROOT / path)]


def is_shell(path: Path) -> bool:
    """Whether the first line names sh."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.readline().strip() in (b"#!/bin/sh", b"#!/bin/sh -eu")


def test_shellcheck_finds_nothing() -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed here: `script/setup` installs it")
    files = shell_files()
    assert {"script/test", "images/toolchain/setup.sh"} <= set(files)
    run("shellcheck", *files)


def test_shellcheck_finds_nothing_in_the_host_helper(tmp_path: Path) -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed here: `script/setup` installs it")
    # Its parts use what others define: it is one file on a host.
    (tmp_path / "host").write_bytes(script(ROOT))
    run("shellcheck", str(tmp_path / "host"))
