"""The cache of compressed layers: what is made anew, what is not even read, and what goes."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from beamwright.artifact import store
from beamwright.artifact.compression import Algorithm, Method
from beamwright.artifact.layers import APPLICATION, LIBC, Layer
from beamwright.artifact.manifest import scan
from beamwright.artifact.store import Blob, Store, key
from beamwright.release import digest


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/file").write_text("content")
    return tmp_path / "tree"


def only(blobs: dict[Algorithm, list[Blob]]) -> Blob:
    ((blob,),) = blobs.values()
    return blob


def make(folder: Path, tree: Path) -> Blob:
    return only(Store(folder).blobs(tree, [Layer(LIBC, scan(tree))], ["zstd"], 7))


def test_an_unchanged_layer_is_not_read_again(tmp_path: Path, tree: Path) -> None:
    layer = Layer(LIBC, scan(tree))
    made = only(Store(tmp_path / "cache").blobs(tree, [layer], ["zstd"], 7))
    (tree / "file").unlink()
    assert only(Store(tmp_path / "cache").blobs(tree, [layer], ["zstd"], 7)) == made


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b"rot"), Path.unlink], ids=["rot", "loss"])
@pytest.mark.parametrize("which", ["blob", "note"])
def test_what_was_damaged_is_made_anew(tmp_path: Path, tree: Path, which: str, damage) -> None:  # type: ignore[no-untyped-def]
    made = make(tmp_path / "cache", tree)
    good = made.path.read_bytes()
    (note,) = (tmp_path / "cache").glob("*.json")
    damage(made.path if which == "blob" else note)
    assert make(tmp_path / "cache", tree) == made
    assert made.path.read_bytes() == good


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The blobs that were digested."""
    seen = list[str]()

    def of(path: Path) -> str:
        seen.append(path.name)
        return digest.of_file(path)

    monkeypatch.setattr(store, "of_file", of)
    return seen


def test_a_blob_that_was_foreseen_is_digested_once(tmp_path: Path, tree: Path, read: list[str]) -> None:
    made = make(tmp_path / "cache", tree)
    cache = Store(tmp_path / "cache", lambda: time.time() + 3)
    cache.foresee({made.digest, "of no blob"})
    assert only(cache.blobs(tree, [Layer(LIBC, scan(tree))], ["zstd"], 7)) == made
    assert read == [made.digest]


def test_one_that_was_damaged_since_is_made_anew(tmp_path: Path, tree: Path) -> None:
    made = make(tmp_path / "cache", tree)
    good = made.path.read_bytes()
    cache = Store(tmp_path / "cache", lambda: time.time() + 3)
    cache.foresee({made.digest})
    # In another tick of the clock.
    time.sleep(0.02)
    made.path.write_bytes(good[:-1] + b"!")
    assert only(cache.blobs(tree, [Layer(LIBC, scan(tree))], ["zstd"], 7)) == made
    assert made.path.read_bytes() == good


def test_nothing_is_foreseen_of_a_cache_that_is_not_there(tmp_path: Path) -> None:
    Store(tmp_path / "cache").foresee({"0" * 64})


def test_another_content_time_method_or_library_is_another_layer(tree: Path) -> None:
    layer, method = Layer(LIBC, scan(tree)), Method("zstd", 19)
    (tree / "file").write_text("changed")
    keys = {
        key(layer, method, 7),
        key(layer, method, 8),
        key(layer, Method("zstd", 3), 7),
        key(layer, Method("gzip", 19), 7),
        key(Layer(LIBC, scan(tree)), method, 7),
    }
    assert len(keys) == 5
    assert method.library in str(method)


def test_the_same_content_in_another_folder_is_the_same_layer(tmp_path: Path, tree: Path) -> None:
    other = tree.rename(tmp_path / "other")
    assert key(Layer(LIBC, scan(other)), Method("zstd", 19), 7) == key(
        Layer(APPLICATION, scan(other)), Method("zstd", 19), 7
    )


def test_what_nobody_wants_any_more_goes(tmp_path: Path, tree: Path) -> None:
    cache = Store(tmp_path / "cache")
    made = make(tmp_path / "cache", tree)
    long_ago = time.time() - store.KEPT_SECONDS - 1
    (tmp_path / "cache/.left").mkdir()
    (tmp_path / "cache/.left/half").touch()
    for path in (tmp_path / "cache").rglob("*"):
        os.utime(path, (long_ago, long_ago))
    make(tmp_path / "cache", tree)
    cache.prune()
    assert made.path.exists()
    assert len(list((tmp_path / "cache").iterdir())) == 2
    for path in (tmp_path / "cache").iterdir():
        os.utime(path, (long_ago, long_ago))
    cache.prune()
    assert list((tmp_path / "cache").iterdir()) == []


def test_two_builds_at_once_share_it(tmp_path: Path, tree: Path) -> None:
    made: list[Blob] = []
    threads = [threading.Thread(target=lambda: made.append(make(tmp_path / "cache", tree))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1


def test_a_layer_that_can_not_be_made_ends_the_others_and_leaves_nothing(tmp_path: Path, tree: Path) -> None:
    entries = scan(tree)
    (tree / "file").unlink()
    with pytest.raises(FileNotFoundError):
        Store(tmp_path / "cache").blobs(tree, [Layer(LIBC, entries)], ["gzip", "zstd"], 7)
    assert list((tmp_path / "cache").iterdir()) == []


def test_one_that_fails_does_not_wait_for_the_others(tmp_path: Path, tree: Path) -> None:
    # Random bytes for over ten seconds of zstd.
    (tree / "large").write_bytes(os.urandom(48 << 20))
    *small, large = sorted(scan(tree), key=lambda entry: entry.path == "large")
    (tree / "file").unlink()
    begun = time.monotonic()
    with pytest.raises(FileNotFoundError):
        Store(tmp_path / "cache").blobs(tree, [Layer(LIBC, (large,)), Layer(LIBC, tuple(small))], ["zstd"], 7)
    assert time.monotonic() - begun < 3
