"""Somebody else's tarball, read without coming to harm: all of it is known before any of it is written."""

from __future__ import annotations

import gzip
import lzma
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import zstandard

from beamwright.errors import BuildError
from beamwright.release.members import FILE, FOLDER, HARD_LINK, LINK, Limits, Member

CHUNK = 1 << 20
"""Bytes: the most that is held in memory; a tar header that says it is longer is no honest one."""

KINDS = {
    tarfile.REGTYPE: FILE,
    tarfile.AREGTYPE: FILE,
    tarfile.DIRTYPE: FOLDER,
    tarfile.SYMTYPE: LINK,
    tarfile.LNKTYPE: HARD_LINK,
    tarfile.CHRTYPE: "device",
    tarfile.BLKTYPE: "device",
    tarfile.FIFOTYPE: "pipe",
}

_BROKEN = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError, gzip.BadGzipFile)


class Tarball:
    """An opened tarball; `members` are in its order."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self._known: dict[str, tarfile.TarInfo] = {}

    def members(self) -> Iterator[Member]:
        """What it says that it holds."""
        for info in self._archive:
            self._known[info.name] = info
            kind = "sparse file" if info.issparse() else KINDS.get(info.type, "thing of an unknown kind")
            yield Member(info.name, kind, info.mode, info.size, info.linkname)

    def write(self, path: Path, member: Member) -> None:
        """Writes the content of a checked file to a new file."""
        source = self._archive.extractfile(self._known[member.name])
        assert source is not None
        with source, path.open("xb") as target:
            shutil.copyfileobj(source, target, CHUNK // 16)


class _Patient:
    """The file of an archive, that never gives more than a piece at once: tarfile would ask for gigabytes."""

    def __init__(self, file: IO[bytes]) -> None:
        self.seek, self.tell, self._file = file.seek, file.tell, file

    def read(self, size: int) -> bytes:
        if size > CHUNK:
            raise tarfile.ReadError(f"a header of {size} bytes")
        return self._file.read(size)


@contextmanager
def opened(source: Path, unpacked: Path, limits: Limits) -> Iterator[Tarball]:
    """The tarball, decompressed into the new file `unpacked`; BuildError when it is broken or too big."""
    try:
        _decompress(source, unpacked, limits)
        with (
            unpacked.open("rb") as file,
            tarfile.open(fileobj=cast("IO[bytes]", _Patient(file)), mode="r:") as archive,
        ):
            yield Tarball(archive)
    except _BROKEN as exc:
        raise BuildError(
            f"{source} is no whole tar archive",
            hint="see whether it was made and copied to its end",
            detail=str(exc),
        ) from exc


def _decompress(source: Path, unpacked: Path, limits: Limits) -> None:
    with source.open("rb") as file, _plain(file) as stream, unpacked.open("xb") as target:
        written = 0
        while chunk := stream.read(CHUNK):
            written += len(chunk)
            # Headers and padding of a tar archive come on top of what it holds.
            if written > limits.bytes + 2048 * limits.members:
                raise BuildError(
                    f"{source} is over {limits.bytes >> 20} MiB once decompressed",
                    hint="that is no release: see who made it",
                )
            target.write(chunk)


@contextmanager
def _plain(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """The tar archive in a file that may be compressed, as its first bytes tell."""
    magic = file.read(6)
    file.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        with gzip.GzipFile(fileobj=file) as stream:
            yield cast("IO[bytes]", stream)
    elif magic.startswith(b"\x28\xb5\x2f\xfd"):
        with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(file) as reader:
            yield cast("IO[bytes]", reader)
    elif magic == b"\xfd7zXZ\x00":
        with lzma.LZMAFile(file) as stream:
            yield cast("IO[bytes]", stream)
    else:
        yield file
