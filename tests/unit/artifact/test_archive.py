"""Archives: the same bytes for the same tree, and everything in them comes out again."""

from __future__ import annotations

import hashlib
import os
import tarfile
from pathlib import Path

from beamwright.artifact.archive import bundle, pack
from beamwright.artifact.manifest import scan
from tests.unpacked import unpack


def make(tree: Path) -> Path:
    (tree / "d").mkdir(parents=True)
    (tree / "d/file").write_bytes(b"content" * 1000)
    (tree / "d/file").chmod(0o644)
    (tree / "program").write_text("x")
    (tree / "program").chmod(0o755)
    (tree / "link").symlink_to("/d/file")
    return tree


def test_the_same_tree_gives_the_same_bytes_whenever_and_wherever_it_was_made(tmp_path: Path) -> None:
    first, second = make(tmp_path / "one"), make(tmp_path / "two/deeper")
    os.utime(second / "d/file", (1, 1))
    packed = [
        pack(tmp_path / f"{number}.tar.gz", tree, scan(tree), epoch=7)
        for number, tree in enumerate((first, second))
    ]
    assert packed[0] == packed[1]
    assert (tmp_path / "0.tar.gz").read_bytes() == (tmp_path / "1.tar.gz").read_bytes()


def test_owner_time_and_modes_are_the_artifact_s_not_the_builder_s(tmp_path: Path) -> None:
    tree = make(tmp_path / "tree")
    pack(tmp_path / "a.tar.gz", tree, scan(tree), epoch=7)
    with tarfile.open(tmp_path / "a.tar.gz") as archive:
        members = archive.getmembers()
    assert {(member.uid, member.gid, member.uname, member.mtime) for member in members} == {(0, 0, "", 7)}
    assert [(member.name, member.mode, member.linkname) for member in members[1:]] == [
        ("d/file", 0o644, ""),
        ("link", 0o777, "/d/file"),
        ("program", 0o755, ""),
    ]


def test_digests_and_sizes_are_those_of_the_file_and_of_what_it_holds(tmp_path: Path) -> None:
    tree = make(tmp_path / "tree")
    packed = pack(tmp_path / "a.tar.gz", tree, scan(tree), epoch=7)
    data = (tmp_path / "a.tar.gz").read_bytes()
    assert (packed.digest, packed.compressed_bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    unpack(tmp_path / "a.tar.gz", tmp_path / "out")
    assert scan(tmp_path / "out") == scan(tree)


def test_a_bundle_holds_every_file_with_its_content(tmp_path: Path) -> None:
    tree = make(tmp_path / "tree")
    (tree / "link").unlink()
    bundle(tmp_path / "a.tar", tree, epoch=7)
    with tarfile.open(tmp_path / "a.tar") as archive:
        assert archive.getnames() == ["d", "d/file", "program"]
        member = archive.extractfile("d/file")
        assert member is not None
        assert member.read() == (tree / "d/file").read_bytes()
