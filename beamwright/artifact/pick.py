"""Picks files out of a tarball from its end, where what changes is, and reads no further than it has to.

A tarball is a gzip member for each layer (archive.py), and nothing says where one begins. Each begins with
the same eight bytes; a layer may hold them too, in a file that is gzip itself. Where no whole member begins
there, the layer began before.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BEGIN = b"\x1f\x8b\x08\x00\x00\x00\x00\x00"
"""No name and no date (RFC 1952, 2.3)."""

_CHUNK = 1 << 20


def pick(path: Path, names: Collection[str]) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """The members of those names in a tarball or an archive that is not compressed, with their content.

    What is damaged in layers that were not read is not seen. A folder comes with each layer that was read.
    """
    left = set(names)
    with path.open("rb") as file:
        for part in _parts(file):
            with tarfile.open(fileobj=part, mode="r:") as archive:
                for member in archive:
                    if member.name in names:
                        content = archive.extractfile(member) if member.isreg() else None
                        yield member, content.read() if content else b""
                        left.discard(member.name)
            if not left:
                return


def _parts(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """The layers of a tarball, out of their compression, the last one first."""
    if file.read(2) != _BEGIN[:2]:
        file.seek(0)
        yield file
        return
    end = file.seek(0, io.SEEK_END)
    while end > 0:
        begin = _last_begin(file, end)
        while begin > 0 and not _is_whole(_open(file, begin, end)):
            begin = _last_begin(file, begin)
        yield _open(file, begin, end)
        end = begin


def _last_begin(file: IO[bytes], end: int) -> int:
    """Where the last of what may be a member begins before `end`; the first is at 0, whatever is there."""
    while end > 0:
        begin = max(0, end - _CHUNK)
        file.seek(begin)
        if (found := file.read(end - begin).rfind(_BEGIN)) >= 0:
            return begin + found
        end = begin and begin + len(_BEGIN) - 1
    return 0


def _open(file: IO[bytes], begin: int, end: int) -> IO[bytes]:
    """What is compressed in a part of the file."""
    return cast(IO[bytes], gzip.GzipFile(fileobj=io.BufferedReader(_Part(file, begin, end), _CHUNK)))


def _is_whole(stream: IO[bytes]) -> bool:
    """Whether it can be read to its end, where its checksum is."""
    try:
        while stream.read(_CHUNK):
            pass
    except (OSError, EOFError, zlib.error):
        return False
    return True


class _Part(io.RawIOBase):
    """The bytes of a file from `begin` to `end`."""

    def __init__(self, file: IO[bytes], begin: int, end: int) -> None:
        self._file, self._begin, self._size, self._at = file, begin, end - begin, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = start + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        room = memoryview(buffer).cast("B")
        self._file.seek(self._begin + self._at)
        data = self._file.read(min(len(room), max(0, self._size - self._at)))
        room[: len(data)] = data
        self._at += len(data)
        return len(data)
