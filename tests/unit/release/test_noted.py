"""A file's digest is taken from the note only while nothing can have changed the file."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from beamwright.release import digest, noted
from beamwright.release.noted import Digests


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("one", "utf-8")
    return path


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were read, and not found in the note."""
    seen, of_file = list[str](), digest.of_file

    def of(path: Path | str) -> str:
        seen.append(str(path))
        return of_file(path)

    monkeypatch.setattr(noted, "of_file", of)
    return seen


def later() -> float:
    """A time at which what was written just now is no longer new."""
    return time.time() + 3


def ask(path: Path, now: Callable[[], float] = later) -> str:
    """What a build is told of the file."""
    digests = Digests(path.parent / "digests", now)
    found = digests.of(path)
    digests.keep()
    # What is written next is so in another tick of the clock.
    time.sleep(0.02)
    return found


def test_a_file_that_has_not_changed_is_read_once(file: Path, read: list[str]) -> None:
    assert ask(file) == ask(file) == ask(file) == sha256("one")
    assert read == [str(file)]


def test_one_that_has_changed_is_read_again_whatever_its_size_and_date_say(
    file: Path, read: list[str]
) -> None:
    ask(file)
    date = file.stat().st_mtime_ns
    file.write_text("two", "utf-8")
    os.utime(file, ns=(date, date))
    assert ask(file) == sha256("two")
    assert len(read) == 2


def test_so_is_another_file_in_its_place(file: Path, read: list[str]) -> None:
    ask(file)
    other = file.with_name("other")
    other.write_text("two", "utf-8")
    other.rename(file)
    assert ask(file) == sha256("two")


def test_one_that_changed_just_now_may_do_so_again_in_the_same_tick(file: Path, read: list[str]) -> None:
    assert ask(file, time.time) == ask(file, time.time) == sha256("one")
    assert len(read) == 2


def test_a_power_cut_may_have_left_other_bytes(
    file: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(file)
    boot = file.with_name("boot")
    boot.write_text("another one\n", "utf-8")
    monkeypatch.setattr(noted, "BOOT", boot)
    assert ask(file) == sha256("one")
    assert len(read) == 2


def test_without_the_boot_s_id_nothing_is_noted(
    file: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noted, "BOOT", file.with_name("none"))
    assert ask(file) == ask(file) == sha256("one")
    assert len(read) == 2


@pytest.mark.parametrize("damage", ["", "no note\n", None])
def test_a_damaged_note_is_none(file: Path, read: list[str], damage: str | None) -> None:
    ask(file)
    note = file.with_name("digests")
    text = note.read_text("utf-8")
    note.write_text(text.replace(sha256("one"), sha256("two")) if damage is None else damage, "utf-8")
    assert ask(file) == sha256("one")
    assert len(read) == 2


def test_a_link_is_followed_each_time(file: Path) -> None:
    link = file.with_name("link")
    link.symlink_to(file)
    ask(link)
    file.write_text("two", "utf-8")
    assert ask(link) == sha256("two")


def test_what_a_build_did_not_ask_for_is_forgotten(file: Path, read: list[str]) -> None:
    other = file.with_name("other")
    other.write_text("two", "utf-8")
    ask(file)
    ask(other)
    ask(file)
    assert read == [str(file), str(other), str(file)]
