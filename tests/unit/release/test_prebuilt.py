"""Somebody else's release: what is unpacked, and what no release holds."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from beamwright.errors import BuildError
from beamwright.release.members import Limits, Member, check
from beamwright.release.prebuilt import unpack

RELEASE = {"releases/start_erl.data": b"15.2 1.0.0", "lib/a-1/ebin/a.beam": b"beam", "bin/a": b"#!/bin/sh"}


def info(name: str, size: int = 0, **fields: object) -> tarfile.TarInfo:
    """A header; a file's, unless `type` says otherwise."""
    member = tarfile.TarInfo(name)
    member.size = size
    for key, value in fields.items():
        setattr(member, key, value)
    return member


def archive(*more: tarfile.TarInfo, prefix: str = "") -> bytes:
    """A tar archive of the release with more headers behind it, which have no content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in RELEASE.items():
            mode = 0o755 if name.startswith("bin/") else 0o600
            tar.addfile(info(prefix + name, len(content), mode=mode), io.BytesIO(content))
        for member in more:
            tar.addfile(member)
    return buffer.getvalue()


def link(name: str, target: str) -> tarfile.TarInfo:
    return info(name, type=tarfile.SYMTYPE, linkname=target)


def hard_link(name: str, target: str) -> tarfile.TarInfo:
    return info(name, type=tarfile.LNKTYPE, linkname=target)


@pytest.mark.parametrize("prefix", ["", "./", "hello/"], ids=["bare", "with a dot", "in a folder"])
@pytest.mark.parametrize(
    "compress",
    [bytes, gzip.compress, lzma.compress, zstandard.compress],
    ids=["plain", "gzip", "xz", "zstd"],
)
def test_a_tarball_is_unpacked_however_it_was_packed(
    tmp_path: Path, prefix: str, compress: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "release.tar").write_bytes(compress(archive(prefix=prefix)))
    unpack(tmp_path / "release.tar", tmp_path / "hello")
    assert _files(tmp_path / "hello") == RELEASE
    assert (tmp_path / "hello/bin/a").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "hello/lib/a-1/ebin/a.beam").stat().st_mode & 0o777 == 0o644
    assert {path.name for path in tmp_path.iterdir()} == {"release.tar", "hello"}


def test_a_folder_is_copied(tmp_path: Path) -> None:
    for name, content in RELEASE.items():
        (tmp_path / "made" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "made" / name).write_bytes(content)
    (tmp_path / "made/bin/b").symlink_to("a")
    unpack(tmp_path / "made", tmp_path / "hello")
    assert _files(tmp_path / "hello") == RELEASE | {"bin/b": b"#!/bin/sh"}


def test_links_inside_of_it_stay(tmp_path: Path) -> None:
    inside = (link("lib/liba.so", "liba.so.1"), link("lib/liba.so.1", "../bin/a"), hard_link("b", "bin/a"))
    (tmp_path / "release.tar").write_bytes(archive(*inside))
    unpack(tmp_path / "release.tar", tmp_path / "hello")
    assert (tmp_path / "hello/lib/liba.so").read_bytes() == RELEASE["bin/a"]
    assert (tmp_path / "hello/b").read_bytes() == RELEASE["bin/a"]


HOSTILE = {
    "up": (info("../evil"), "leads out of the release"),
    "up, hidden": (info("lib/../../evil"), "leads out of the release"),
    "absolute": (info("/etc/evil"), "/etc/evil is an absolute path"),
    "line break": (info("bin/a\nb"), "control character"),
    "escape": (info("bin/\x1b[2J"), "control character"),
    "backslash": (info("bin\\a"), "a backslash"),
    "no UTF-8": (info("bin/\udcff"), "no UTF-8"),
    "device": (info("dev/sda", type=tarfile.BLKTYPE, devmajor=8), "is a device"),
    "terminal": (info("dev/tty", type=tarfile.CHRTYPE, devmajor=5), "is a device"),
    "pipe": (info("pipe", type=tarfile.FIFOTYPE), "is a pipe"),
    "unknown kind": (info("odd", type=b"Z"), "is a thing of an unknown kind"),
    "setuid": (info("bin/su", mode=0o4755), "is setuid or setgid"),
    "setgid": (info("bin/wall", mode=0o2755), "is setuid or setgid"),
    "twice": (info("bin/a"), "is there twice"),
    "twice, hidden": (info("./bin//a"), "is there twice"),
    "a file's child": (info("bin/a/b"), "is below bin/a, which is a file"),
    "a file for a folder": (info("lib"), "is below lib, which is a file"),
    "link up": (link("l", "../evil"), "out of the release"),
    "link down and up": (link("l", "lib/../../evil"), "out of the release"),
    "absolute link": (link("l", "/etc/passwd"), "out of the release"),
    "link to nowhere": (link("l", "gone"), "no file of the release"),
    "link to a folder": (link("l", "lib/a-1"), "no file of the release"),
    "link to itself": (link("l", "l"), "no file of the release"),
    "hard link up": (hard_link("h", "../etc/passwd"), "out of the release"),
    "absolute hard link": (hard_link("h", "/etc/passwd"), "out of the release"),
    "hard link to nowhere": (hard_link("h", "etc/passwd"), "no file of the release"),
}


@pytest.mark.parametrize(("member", "told"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_tarball_is_refused_before_anything_is_written(
    tmp_path: Path, member: tarfile.TarInfo, told: str
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    (tmp_path / "release.tar").write_bytes(archive(member))
    with pytest.raises(BuildError, match=told) as caught:
        unpack(tmp_path / "release.tar", place / "hello")
    assert caught.value.message.isprintable()
    assert _files(place / "hello.unpacked") == {}
    assert {path.name for path in tmp_path.iterdir()} == {"place", "release.tar"}


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    through = (link("out", "bin/a"), info("out/evil"))
    (tmp_path / "release.tar").write_bytes(archive(*through))
    with pytest.raises(BuildError, match="out/evil is below out, which is a link"):
        unpack(tmp_path / "release.tar", tmp_path / "hello")


def test_a_link_may_not_go_through_another() -> None:
    members = (
        Member("a", "file"),
        Member("deep", "link", target="a"),
        Member("out", "link", target="deep/../../a"),
    )
    with pytest.raises(BuildError, match="out is a link through deep, which is a link"):
        check(members)


BOMBS = {
    "too big": ((Member("a", "file", size=6), Member("b", "file", size=6)), "more than"),
    "too many": (tuple(Member(str(number), "file") for number in range(20)), "more than"),
    "negative": ((Member("a", "file", size=-1),), "negative size"),
}


@pytest.mark.parametrize(("members", "told"), BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_told_by_its_headers(members: tuple[Member, ...], told: str) -> None:
    with pytest.raises(BuildError, match=told):
        check(members, Limits(members=10, bytes=10))


def test_a_bomb_is_not_decompressed_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "bomb.tar.gz").write_bytes(gzip.compress(bytes(100_000_000)))
    with pytest.raises(BuildError, match="is over 1 MiB once decompressed"):
        unpack(tmp_path / "bomb.tar.gz", tmp_path / "hello", Limits(members=10, bytes=1 << 20))
    assert (tmp_path / "hello.tar").stat().st_size < 3_000_000


def test_a_header_may_not_fill_the_memory(tmp_path: Path) -> None:
    huge = info("././@LongLink", 50_000_000, type=tarfile.GNUTYPE_LONGNAME)
    content = archive()[:-10240] + huge.tobuf(tarfile.GNU_FORMAT) + b"a" * 50_000_000 + bytes(10240)
    (tmp_path / "release.tar").write_bytes(content)
    with pytest.raises(BuildError, match="is no whole tar archive") as caught:
        unpack(tmp_path / "release.tar", tmp_path / "hello")
    assert "a header of" in caught.value.detail


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive at all", gzip.compress(archive())[:-300], archive()[:2000]],
    ids=["empty", "text", "cut gzip", "cut tar"],
)
def test_what_is_no_whole_archive_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "release.tar").write_bytes(content)
    with pytest.raises(BuildError, match=r"is no whole tar archive|holds no Erlang release"):
        unpack(tmp_path / "release.tar", tmp_path / "hello")


def test_a_sparse_file_is_refused(tmp_path: Path) -> None:
    sparse = info("big", 512, pax_headers={"GNU.sparse.map": "0,1", "GNU.sparse.size": "9999"})
    (tmp_path / "release.tar").write_bytes(archive(sparse))
    with pytest.raises(BuildError, match="big is a sparse file"):
        unpack(tmp_path / "release.tar", tmp_path / "hello")


def test_a_folder_with_a_link_out_of_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "made/releases").mkdir(parents=True)
    (tmp_path / "made/releases/start_erl.data").write_text("15.2 1.0.0")
    (tmp_path / "made/lib").symlink_to("/usr/lib")
    with pytest.raises(BuildError, match=f"{tmp_path}/made: lib is a link to /usr/lib, out of the release"):
        unpack(tmp_path / "made", tmp_path / "hello")


def test_a_pipe_in_a_folder_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "made/releases").mkdir(parents=True)
    os.mkfifo(tmp_path / "made/pipe")
    with pytest.raises(BuildError, match="pipe is a pipe"):
        unpack(tmp_path / "made", tmp_path / "hello")


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
