"""What a build keeps between two builds, and for how long."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

from beamwright.mount import Mount
from beamwright.release.workshop import SMALL, Workshop


def workshop(folder: Path) -> Workshop:
    cache = folder / "cache"
    cache.mkdir(exist_ok=True)
    return Workshop(folder / "source", cache, folder / "scratch")


def test_the_mirror_is_kept_for_one_toolchain_only(tmp_path: Path) -> None:
    compiled, known = (tmp_path / "cache" / path for path in ("project/_build/nif.so", "mirror/seen"))
    here = workshop(tmp_path)
    here.prepare("toolchain:1")
    for path in (compiled, known):
        path.parent.mkdir(parents=True)
        path.touch()
    here.prepare("toolchain:1")
    assert compiled.exists() and known.exists()
    here.prepare("toolchain:2")
    assert not compiled.exists() and not known.exists()


def test_two_builds_of_a_project_follow_each_other(tmp_path: Path) -> None:
    waits, second = threading.Event(), threading.Event()

    def build() -> None:
        with workshop(tmp_path).alone(lambda line: waits.set()):
            second.set()

    other = threading.Thread(target=build)
    with workshop(tmp_path).alone(print):
        other.start()
        assert waits.wait(10)
        assert not second.is_set()
    assert second.wait(10)
    other.join()


def test_a_release_is_assembled_in_memory_when_the_last_one_was_small(tmp_path: Path) -> None:
    here = workshop(tmp_path)
    (tmp_path / "scratch").mkdir()
    assert (here.release, "/release", True) in mounted(here)
    (here.release / "small").write_bytes(b"beam")
    assert {(None, "/release", True), (here.release, "/kept", True)} <= set(mounted(here))
    assert (here.release / "small").exists()
    os.truncate(here.release / "small", SMALL + 1)
    assert (here.release, "/release", True) in mounted(here)
    assert list(here.release.iterdir()) == []


def mounted(here: Workshop) -> tuple[Mount, ...]:
    for folder in (here.native, here.boot):
        shutil.rmtree(folder, ignore_errors=True)
    return here.mounts(here.release)
