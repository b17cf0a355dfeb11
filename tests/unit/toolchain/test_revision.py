"""The revision of a source, from a real repository."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from beamwright.toolchain.revision import revision

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed here")


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.net")
    done = subprocess.run(("git", "-C", folder, *identity, *arguments), capture_output=True, check=True)
    return done.stdout.decode().strip()


def test_it_is_the_commit_and_says_when_a_file_is_not_in_it(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/file").write_text("x")
    assert revision(tmp_path) == ""
    git(tmp_path, "init", "--quiet")
    assert revision(tmp_path) == ""
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    commit = git(tmp_path, "rev-parse", "HEAD")
    assert revision(tmp_path / "app") == commit
    (tmp_path / "elsewhere").touch()
    assert revision(tmp_path / "app") == commit
    (tmp_path / "app/new").touch()
    assert revision(tmp_path / "app") == f"{commit}-dirty"
