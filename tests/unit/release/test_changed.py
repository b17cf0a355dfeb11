"""Which files of build tools have changed, by images/compile/changed.sh itself."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from beamwright import resources


def changed(project: Path, folder: str, *names: str, seconds: int = 60) -> set[str]:
    """Those of the files, made so many seconds after the stamp, told in this folder of it."""
    stamp = project / "stamp"
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text("")
    os.utime(stamp, (0, time.time() - seconds))
    for name in names:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    script = (resources.find("images/compile") / "changed.sh").read_text("utf-8")
    words = "sh", "-c", script.replace("/project", str(project)), "changed.sh", str(stamp), "mix.*"
    told = subprocess.run(words, cwd=project / folder, check=True, capture_output=True, text=True).stdout
    return {os.path.relpath(project / folder / line, project) for line in told.splitlines()}


def test_a_project_alone_is_searched_where_it_has_applications(tmp_path: Path) -> None:
    near = "mix.exs", "mix.lock", "apps/web/mix.exs", "deps/jason/mix.exs"
    assert changed(tmp_path / "p", ".", *near, "lib/a/b/mix.exs", "lib/a.ex") == set(near)


@pytest.mark.parametrize("pruned", [".git", "_build", "deps", "node_modules"])
def test_one_of_several_is_searched_with_all_of_them(tmp_path: Path, pruned: str) -> None:
    found = "apps/a/mix.exs", "mix.lock", "libs/of/the/team/one/mix.exs", "deps/jason/mix.exs"
    assert changed(tmp_path / "p", "apps/a", *found, f"libs/of/one/{pruned}/x/mix.exs") == set(found)


@pytest.mark.parametrize("folder", [".", "apps/a"])
def test_what_is_older_has_not_changed(tmp_path: Path, folder: str) -> None:
    assert changed(tmp_path / "p", folder, "mix.exs", "apps/a/mix.exs", seconds=-60) == set()
