"""A beam file is stripped once: what is kept of it counts only while all of it is as it was."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from beamwright.release import beam
from beamwright.release.files import Folder
from beamwright.release.stripper import Stripped, Stripper

NAME = "app/lib/a-1/ebin/a.beam"


def file(code: bytes = b"code") -> bytes:
    """A beam file: code, of whole words, an attribute, and what no node reads."""
    chunks = ((b"Code", code), (b"Attr", b"vsn."), (b"Dbgi", b"load_nif"))
    parts = b"".join(name + struct.pack(">I", len(data)) + data for name, data in chunks)
    return b"FOR1" + struct.pack(">I", 4 + len(parts)) + b"BEAM" + parts


@pytest.fixture
def stripped(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The files that were stripped, and not found to be so already."""
    seen, strip = list[bytes](), beam.strip

    def noted(content: bytes, *, attributes: bool = True) -> bytes:
        seen.append(content)
        return strip(content, attributes=attributes)

    monkeypatch.setattr(beam, "strip", noted)
    return seen


def put(folder: Path, content: bytes, attributes: bool = True) -> tuple[Stripped, set[str]]:
    """What a build makes of the file, and what it has changed of the tree."""
    stripper, tree = Stripper(folder / "stripped"), Folder(folder / "tree")
    compiled = folder / "compiled"
    compiled.write_bytes(content)
    made = stripper.put(tree, NAME, compiled, attributes=attributes)
    stripper.keep()
    return made, tree.changed


def test_a_file_that_is_as_it_was_is_not_stripped_again(tmp_path: Path, stripped: list[bytes]) -> None:
    first, _ = put(tmp_path, file())
    assert put(tmp_path, file()) == (first, set())
    assert stripped == [file()]


@pytest.mark.parametrize("attributes", [True, False])
def test_another_file_or_another_wish_is(tmp_path: Path, stripped: list[bytes], attributes: bool) -> None:
    put(tmp_path, file())
    content = file(b"more" if attributes else b"code")
    made, changed = put(tmp_path, content, attributes)
    assert changed == {NAME}
    assert len(stripped) == 2
    assert (tmp_path / "tree" / NAME).read_bytes() == beam.strip(content, attributes=attributes)
    assert (made, set()) == put(tmp_path, content, attributes)


def test_what_has_changed_in_the_tree_is_put_there_again(tmp_path: Path) -> None:
    made, _ = put(tmp_path, file())
    whole, there = beam.strip(file()), tmp_path / "tree" / NAME
    there.write_bytes(whole[:-1] + b"!")
    assert put(tmp_path, file()) == (made, {NAME})
    assert there.read_bytes() == whole
    there.unlink()
    assert put(tmp_path, file()) == (made, {NAME})


def test_a_link_to_the_same_bytes_is_no_file(tmp_path: Path) -> None:
    put(tmp_path, file())
    there = tmp_path / "tree" / NAME
    there.rename(tmp_path / "elsewhere")
    there.symlink_to(tmp_path / "elsewhere")
    assert put(tmp_path, file())[1] == {NAME}
    assert not there.is_symlink()


@pytest.mark.parametrize("damage", ["", "another\n", "{first}\n{digest} 1 {other} 1\n"])
def test_a_note_that_was_changed_is_none(tmp_path: Path, stripped: list[bytes], damage: str) -> None:
    made, _ = put(tmp_path, file())
    note = tmp_path / "stripped"
    first, line = note.read_text("utf-8").splitlines()
    note.write_text(damage.format(first=first, digest=line.split()[0], other="0" * 64), "utf-8")
    assert put(tmp_path, file()) == (made, set())
    assert len(stripped) == 2


def test_whether_it_opens_a_library_is_kept(tmp_path: Path) -> None:
    assert [put(tmp_path, file(b"load_nif"))[0].opens_nif for _ in range(2)] == [True, True]
    assert [put(tmp_path, file())[0].opens_nif for _ in range(2)] == [False, False]
