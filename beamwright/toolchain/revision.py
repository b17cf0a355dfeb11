"""Which revision a source is, as git knows it."""

from __future__ import annotations

import subprocess
from pathlib import Path

DIRTY = "-dirty"
"""As `git describe --dirty` marks it."""

_GIT = (
    # A hook of git that builds has these in its environment, for its own repository.
    *("env", "-u", "GIT_DIR", "-u", "GIT_WORK_TREE", "-u", "GIT_INDEX_FILE"),
    # A repository's own configuration may name a program to run; looking at it writes nothing.
    *("git", "-c", "core.fsmonitor=false", "--no-optional-locks"),
)


def revision(source: Path) -> str:
    """The commit that is checked out in the folder, `-dirty` behind it when a file there is not committed.

    Empty where there is no git, no repository or no commit, or git does not trust who owns the repository.
    """
    commit = _git(source, "rev-parse", "--verify", "HEAD")
    if not commit:
        return ""
    changed = _git(source, "status", "--porcelain", "--", ".")
    return commit.strip() + (DIRTY if changed is None or changed.strip() else "")


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints; None when it fails."""
    try:
        done = subprocess.run(
            (*_GIT, "-C", str(folder), *arguments), capture_output=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
