"""What of a source the build tool gets to see, by rsync itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from beamwright.fleet.model import Project
from beamwright.release.mirror import mirror

pytestmark = pytest.mark.skipif(shutil.which("rsync") is None, reason="rsync is not installed here")

SOURCE = (
    "mix.exs",
    "src/own.app.src",
    "dist/own.tar.gz",
    "secrets/cookie",
    "deps/jason/mix.exs",
    "_build/prod/lib/own/ebin/own.beam",
    "_build/default/lib/own/src/own.erl",
    "_build/default/lib/cowboy/src/cowboy.erl",
    "_build/default/lib/cowboy/ebin/cowboy.beam",
    "_build/default/lib/.rebar3/state",
    "_build/default/plugins/pc/src/pc.erl",
    "_build/default/rel/own/bin/own",
)
KEPT = ("deps/fetched/mix.exs", "_build/default/lib/fetched/src/f.erl", "gone.ex")
"""What the mirror holds before: fetched by the build tool there, or no longer in the source."""


def mirrored(folder: Path, tool: str) -> set[str]:
    """The files of the mirror after the source was mirrored onto it."""
    for name in SOURCE:
        _write(folder / "source" / name)
    for name in KEPT:
        _write(folder / "project" / name)
    project = Project("own", folder / "source", tool, "own", "prod")
    words = mirror(project, f"{os.getuid()}:{os.getgid()}", ("dist", "secrets")).argv_clear()
    places = {"/source/": f"{folder}/source/", "/project/": f"{folder}/project/"}
    subprocess.run([places.get(word, word) for word in words], check=True)
    root = folder / "project"
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def _write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")


def test_mix_gets_the_dependencies_that_the_user_fetched_and_keeps_its_own(tmp_path: Path) -> None:
    assert mirrored(tmp_path, "mix") == {
        *("mix.exs", "src/own.app.src", "deps/jason/mix.exs"),
        *("deps/fetched/mix.exs", "_build/default/lib/fetched/src/f.erl"),
    }


def test_rebar3_gets_the_sources_of_what_the_user_fetched_and_keeps_its_own(tmp_path: Path) -> None:
    assert mirrored(tmp_path, "rebar3") == {
        *("mix.exs", "src/own.app.src", "deps/jason/mix.exs"),
        "_build/default/lib/cowboy/src/cowboy.erl",
        "_build/default/plugins/pc/src/pc.erl",
        "_build/default/lib/fetched/src/f.erl",
    }
