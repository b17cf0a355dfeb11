"""A tree becomes what it shall be, whatever the last build left of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from beamwright.release.files import Folder, is_native


@pytest.fixture
def source(tmp_path: Path) -> Path:
    program = tmp_path / "source"
    program.write_bytes(b"program")
    program.chmod(0o700)
    return program


def put(path: Path, source: Path, text: bytes = b"text") -> set[str]:
    """What has changed of the folder."""
    folder = Folder(path)
    folder.write("etc/hosts", text)
    folder.copy("app/bin/program", source)
    folder.link("app/bin/link", "program")
    folder.folder("tmp", 0o1777)
    folder.finish()
    return folder.changed


def seen(path: Path) -> dict[str, tuple[int, bytes | str | None]]:
    """All that is in the folder: mode, and content, where it points, or nothing of a folder."""
    found: dict[str, tuple[int, bytes | str | None]] = {}
    for each in path.rglob("*"):
        content = each.readlink() if each.is_symlink() else None if each.is_dir() else each.read_bytes()
        mode = 0 if each.is_symlink() else each.stat().st_mode & 0o7777
        found[str(each.relative_to(path))] = (
            mode,
            content if isinstance(content, bytes | None) else str(content),
        )
    return found


WHOLE = {
    "etc": (0o755, None),
    "etc/hosts": (0o644, b"text"),
    "app": (0o755, None),
    "app/bin": (0o755, None),
    "app/bin/program": (0o755, b"program"),
    "app/bin/link": (0, "program"),
    "tmp": (0o1777, None),
}


def test_modes_are_those_of_what_a_file_is_whatever_the_umask(tmp_path: Path, source: Path) -> None:
    before = os.umask(0o077)
    try:
        put(tmp_path / "tree", source)
    finally:
        os.umask(before)
    assert seen(tmp_path / "tree") == WHOLE


def test_what_is_there_already_is_not_written_again(tmp_path: Path, source: Path) -> None:
    put(tmp_path / "tree", source)
    files = [path for path in (tmp_path / "tree").rglob("*") if path.is_file()]
    for path in files:
        os.utime(path, (1, 1))
    assert put(tmp_path / "tree", source, b"other") == {"etc/hosts"}
    assert {path.name for path in files if path.stat().st_mtime == 1} == {"program", "link"}
    assert (tmp_path / "tree/etc/hosts").read_bytes() == b"other"


def harm(tree: Path, how: str) -> None:
    """Leaves the tree as no build should find it."""
    program = tree / "app/bin/program"
    match how:
        case "torn":
            program.write_bytes(b"")
        case "same size":
            program.write_bytes(b"PROGRAM")
        case "mode":
            program.chmod(0o600)
        case "more":
            (tree / "app/lib").mkdir()
            (tree / "app/lib/old.beam").touch()
        case "folder":
            program.unlink()
            (program / "in").mkdir(parents=True)
        case "file":
            shutil.rmtree(tree / "app")
            (tree / "app").touch()
        case "link":
            (tree / "etc/hosts").unlink()
            (tree / "etc/hosts").symlink_to("/etc/hosts")
        case "points elsewhere":
            (tree / "app/bin/link").unlink()
            (tree / "app/bin/link").symlink_to("elsewhere")


CHANGED = {
    **{how: {"app/bin/program"} for how in ("torn", "same size", "mode", "folder")},
    "more": {"app/lib", "app/lib/old.beam"},
    "file": {"app/bin/program", "app/bin/link"},
    "link": {"etc/hosts"},
    "points elsewhere": {"app/bin/link"},
}


@pytest.mark.parametrize("how", CHANGED)
def test_whatever_was_left_is_mended(tmp_path: Path, source: Path, how: str) -> None:
    put(tmp_path / "tree", source)
    harm(tmp_path / "tree", how)
    assert put(tmp_path / "tree", source) == CHANGED[how]
    assert seen(tmp_path / "tree") == WHOLE
    assert put(tmp_path / "tree", source) == set()


@pytest.mark.parametrize(
    ("head", "native"),
    [
        (b"\x7fELF\x02\x01" + bytes(10) + b"\x03\x00", True),
        (b"\x7fELF\x02\x02" + bytes(10) + b"\x00\x02", True),
        (b"\x7fELF\x02\x01" + bytes(10) + b"\x01\x00", False),
        (b"\x7fELF and no", False),
        (b"#!/bin/sh\nexec something", False),
        (b"", False),
    ],
    ids=["library", "big-endian program", "object file", "torn", "script", "empty"],
)
def test_programs_and_libraries_are_native(tmp_path: Path, head: bytes, native: bool) -> None:
    (tmp_path / "file").write_bytes(head)
    assert is_native(tmp_path / "file") is native
