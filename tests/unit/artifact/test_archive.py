"""Archives: the same bytes for the same tree, and everything in them comes out again."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import random
import subprocess
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from beamwright.artifact.archive import bundle, join, pack
from beamwright.artifact.compression import Method
from beamwright.artifact.manifest import scan
from beamwright.artifact.pick import pick
from beamwright.errors import BuildError
from tests.unpacked import unpack

GZIP = Method("gzip", 9)


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
        pack(tmp_path / f"{number}.tar.gz", tree, scan(tree), epoch=7, method=GZIP)
        for number, tree in enumerate((first, second))
    ]
    assert packed[0] == packed[1]
    assert (tmp_path / "0.tar.gz").read_bytes() == (tmp_path / "1.tar.gz").read_bytes()


def test_owner_time_and_modes_are_the_artifact_s_not_the_builder_s(tmp_path: Path) -> None:
    tree = make(tmp_path / "tree")
    pack(tmp_path / "a.tar.gz", tree, scan(tree), 7, GZIP)
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
    packed = pack(tmp_path / "a.tar.gz", tree, scan(tree), 7, GZIP)
    data = (tmp_path / "a.tar.gz").read_bytes()
    assert (packed.digest, packed.compressed_bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    unpack(tmp_path / "a.tar.gz", tmp_path / "out")
    assert scan(tmp_path / "out") == scan(tree)


@pytest.mark.parametrize("method", [GZIP, Method("zstd", 19)], ids=str)
def test_what_is_compressed_is_the_archive_that_the_digest_is_over(tmp_path: Path, method: Method) -> None:
    tree = make(tmp_path / "tree")
    packed = pack(tmp_path / "a", tree, scan(tree), 7, method)
    data = (tmp_path / "a").read_bytes()
    content = gzip.decompress(data) if method is GZIP else zstandard.ZstdDecompressor().decompress(data)
    assert hashlib.sha256(content).hexdigest() == packed.content_digest
    assert len(content) == packed.content_bytes
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert archive.getnames() == ["d", "d/file", "link", "program"]


def layered(tmp_path: Path) -> Path:
    """A tarball of two layers: d and d/file, link and program."""
    tree = make(tmp_path / "tree")
    entries = scan(tree)
    for number, part in enumerate((entries[:2], entries[2:])):
        pack(tmp_path / f"{number}.tar.gz", tree, part, 7, GZIP)
    join(tmp_path / "all.tar.gz", [tmp_path / "0.tar.gz", tmp_path / "1.tar.gz"])
    return tmp_path / "all.tar.gz"


@pytest.mark.parametrize("wanted", [{"program"}, {"d", "d/file"}, {"d/file", "link"}])
def test_what_is_wanted_of_a_tarball_is_picked_whatever_layer_it_is_in(
    tmp_path: Path, wanted: set[str]
) -> None:
    tarball = layered(tmp_path)
    with tarfile.open(tarball) as archive:
        files = {each.name: archive.extractfile(each) for each in archive if each.isreg()}
        expected = {name: file.read() if (file := files.get(name)) else b"" for name in wanted}
    assert {member.name: content for member, content in pick(tarball, wanted)} == expected


def test_no_more_of_a_tarball_is_read_than_has_to_be(tmp_path: Path) -> None:
    tarball = layered(tmp_path)
    content = bytearray(tarball.read_bytes())
    content[40] ^= 1
    tarball.write_bytes(content)
    assert [member.name for member, _ in pick(tarball, {"program"})] == ["program"]
    with pytest.raises((tarfile.TarError, OSError, zlib.error)):
        list(pick(tarball, {"d/file"}))


def archives() -> Iterator[bytes]:
    """Files that hold what a layer begins with, which gzip leaves as it is among what can't be compressed."""
    noise, text = random.Random(7).randbytes(1 << 20), gzip.compress(b"text" * 99, mtime=0)
    yield noise + text + noise
    yield noise + text
    yield noise + text + gzip.compress(noise, mtime=0)
    yield gzip.compress(noise, mtime=0) * 2


@pytest.mark.parametrize("content", tuple(archives()), ids=["inside", "at the end", "two", "nothing else"])
def test_a_file_that_is_gzip_itself_is_no_layer(tmp_path: Path, content: bytes) -> None:
    tree = make(tmp_path / "tree")
    (tree / "d/packed").write_bytes(content)
    (tree / "z").write_bytes(content)
    entries = scan(tree)
    for number, part in enumerate((entries[:3], entries[3:])):
        pack(tmp_path / f"{number}.tar.gz", tree, part, 7, GZIP)
    join(tmp_path / "all.tar.gz", [tmp_path / "0.tar.gz", tmp_path / "1.tar.gz"])
    for name in ("program", "d/file", "d/packed"):
        expected = (tree / name).read_bytes()
        picked = {member.name: found for member, found in pick(tmp_path / "all.tar.gz", {name})}
        assert picked == {name: expected}


READERS = {
    "tar": ("tar", "-xzf", "-"),
    "busybox": ("sh", "-c", "busybox gunzip -c | busybox tar -x"),
    "gzip": ("sh", "-c", "gunzip -c | tar -x"),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_tarball_is_its_layers_one_after_the_other(tmp_path: Path, reader: str) -> None:
    tarball = layered(tmp_path)
    data = tarball.read_bytes()
    again = join(tmp_path / "again", [tmp_path / "0.tar.gz", tmp_path / "1.tar.gz"])
    assert again == (hashlib.sha256(data).hexdigest(), len(data))
    (tmp_path / "out").mkdir()
    subprocess.run(READERS[reader], input=data, cwd=tmp_path / "out", check=True)
    assert scan(tmp_path / "out") == scan(tmp_path / "tree")


@pytest.mark.parametrize("content", [b"short", b"CONTENT" * 1000], ids=["shorter", "other"])
def test_a_file_that_changes_while_it_is_packed_is_told(tmp_path: Path, content: bytes) -> None:
    tree = make(tmp_path / "tree")
    entries = scan(tree)
    (tree / "d/file").write_bytes(content)
    with pytest.raises(BuildError, match="changed while it was packed"):
        pack(tmp_path / "a.tar.gz", tree, entries, 7, GZIP)


def test_names_of_any_length_and_script_come_out_again(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for name in ("d" * 120 + "/" + "f" * 120, "żółw/ключ"):
        (tree / name).parent.mkdir(parents=True)
        (tree / name).write_text(name)
    pack(tmp_path / "a.tar.gz", tree, scan(tree), 7, GZIP)
    unpack(tmp_path / "a.tar.gz", tmp_path / "out")
    assert scan(tmp_path / "out") == scan(tree)


def test_a_bundle_holds_every_file_with_its_content(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 1000)
    bundle(tmp_path / "a.tar", {"d/file": tmp_path / "file", "a": b"text"}, epoch=7)
    with tarfile.open(tmp_path / "a.tar") as archive:
        assert [(member.name, member.mode, member.mtime) for member in archive] == [
            ("a", 0o644, 7),
            ("d", 0o755, 7),
            ("d/file", 0o644, 7),
        ]
        found = [archive.extractfile(name) for name in ("a", "d/file")]
        assert [file and file.read() for file in found] == [b"text", b"x" * 1000]
