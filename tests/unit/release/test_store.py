"""What is kept between builds is what was put there, or nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from beamwright.release.store import UNUSED, Store, key


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache/store")


def made(tmp_path: Path, content: str = "stripped") -> Path:
    folder = tmp_path / "made"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/beam.smp").write_text(content)
    (folder / "bin/link").symlink_to("beam.smp")
    return folder


def test_what_was_put_is_found_by_its_key_alone(store: Store, tmp_path: Path) -> None:
    files = made(tmp_path)
    assert store.find("native", "k1") is None
    kept = store.put("native", "k1", files, "about")
    assert not files.exists()
    assert store.find("native", "k1") == kept
    assert (kept.folder / "bin/beam.smp").read_text() == "stripped" and kept.about == "about"
    assert kept.digests == {"bin/beam.smp": hashlib.sha256(b"stripped").hexdigest()}
    assert store.find("native", "k2") is None and store.find("boot", "k1") is None


@pytest.mark.parametrize(
    "harm",
    [
        lambda place: (place / "files/bin/beam.smp").write_text("torn"),
        lambda place: (place / "files/bin/beam.smp").unlink(),
        lambda place: (place / "files/bin/more").write_text(""),
        lambda place: (place / "about").write_text("other"),
        lambda place: (place / "digest").write_text(""),
        lambda place: (place / "digest").unlink(),
        lambda place: shutil.rmtree(place / "files"),
        lambda place: (place / "about").write_bytes(b"\xff"),
    ],
    ids=["changed", "lost", "added", "note", "digest empty", "digest lost", "files lost", "no text"],
)
def test_an_entry_that_was_harmed_is_none_and_is_made_anew(
    store: Store, tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    store.put("native", "k", made(tmp_path))
    harm(store.folder / "native-k")
    assert store.find("native", "k") is None
    store.put("native", "k", made(tmp_path))
    assert store.find("native", "k") is not None


def test_a_build_that_was_killed_as_it_put_something_leaves_nothing_to_find(
    store: Store, tmp_path: Path
) -> None:
    (store.folder / "new/files").mkdir(parents=True)
    (store.folder / "new/files/half").write_text("")
    assert store.find("native", "k") is None
    kept = store.put("native", "k", made(tmp_path))
    assert sorted(path.name for path in kept.folder.iterdir()) == ["bin"]


def test_what_no_build_wants_goes(store: Store, tmp_path: Path) -> None:
    for name in ("old", "used"):
        store.put("native", name, made(tmp_path))
    before = time.time() - UNUSED - 10
    for name in ("old", "used"):
        os.utime(store.folder / f"native-{name}", (before, before))
    assert store.find("native", "used")
    store.put("native", "new", made(tmp_path))
    assert store.find("native", "old") is None
    assert store.find("native", "used")


def test_a_key_tells_its_parts_apart() -> None:
    assert key(("ab", "c")) != key(("a", "bc"))
