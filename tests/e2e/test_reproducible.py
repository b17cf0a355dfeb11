"""The same source gives the same bytes: elsewhere, at another time, from cold."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from beamwright import artifact
from beamwright.artifact import Artifact
from beamwright.fleet import load
from beamwright.toolchain import Engine
from tests.conftest import ROOT

pytestmark = pytest.mark.docker


@contextmanager
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another time zone, language and umask while the block runs."""
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    monkeypatch.setenv("LANG", "tr_TR.UTF-8")
    time.tzset()
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
        monkeypatch.undo()
        time.tzset()


def test_a_clean_copy_built_from_cold_is_the_same_tree_tarball_and_images(
    engine: Engine, built: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = built.folder.parents[1]
    source, place = tmp_path / "a/clean copy", tmp_path / "b"
    shutil.copytree(
        ROOT / "examples" / built.name, source, ignore=shutil.ignore_patterns("_build", "deps", "dist")
    )
    for path in source.rglob("*"):
        os.utime(path, (0, 1_000_000_000))
    shutil.copytree(built.folder, place / "dist" / built.folder.name)
    text = (first / "fleet.toml").read_text().replace(str(ROOT / "examples" / built.name), str(source))
    (place / "fleet.toml").write_text(text)
    before = {path: path.stat().st_mtime_ns for path in source.rglob("*")}

    with elsewhere(monkeypatch):
        shipped, found = artifact.rebuild(load(place / "fleet.toml"), engine, place / "dist", print)

    assert {each.kind for each in shipped.artifacts} == set(artifact.KINDS)
    assert not found, "\n".join(map(str, found))
    assert {path: path.stat().st_mtime_ns for path in source.rglob("*")} == before
