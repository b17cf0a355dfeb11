"""Tar archives that are the same bytes every time: sorted names, owner 0, one time, no date of their own.

A part of an archive is a gzip member or zstd frame of its own that depends on nothing but its entries:

    layer        members of the layer, end of the archive
    tarball      members of each layer in turn, end of the archive

In gzip the end is always a member of its own, so the tarball is made of the finished layers' own bytes
(RFC 1952, 2.2: a file is a series of members).
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from beamwright.artifact.compression import Method, gzip_member
from beamwright.artifact.manifest import Entry
from beamwright.errors import BuildError

END = bytes(2 * tarfile.BLOCKSIZE)
"""What a tar archive ends with (POSIX.1, pax)."""

GZIP_END = gzip_member(END)

TYPES = {"f": tarfile.REGTYPE, "d": tarfile.DIRTYPE, "l": tarfile.SYMTYPE}

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Packed:
    """An archive as written: sha256 (hex) and bytes of the compressed file, and of the tar archive in it."""

    digest: str
    compressed_bytes: int
    content_digest: str
    content_bytes: int


class _Sink(Protocol):
    def write(self, data: bytes, /) -> int: ...


class _Meter:
    """A stream that digests and counts what goes through it."""

    def __init__(self, stream: _Sink | None = None) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()
        self.bytes = 0

    def write(self, data: bytes) -> None:
        """Passes the data on."""
        self._digest.update(data)
        self.bytes += len(data)
        if self._stream is not None:
            self._stream.write(data)

    @property
    def digest(self) -> str:
        """The sha256 of everything so far, in hex."""
        return self._digest.hexdigest()


def pack(
    target: Path,
    tree: Path,
    entries: Iterable[Entry],
    epoch: int,
    method: Method,
    on_chunk: Callable[[], None] = lambda: None,
) -> Packed:
    """Writes the entries of the tree into a new compressed tar archive; `epoch` is every file's time.

    `on_chunk` is called again and again, and may raise to end it.
    """
    entries = tuple(entries)
    with target.open("xb") as file:
        outer, inner = _Meter(file), _Meter()
        compressor = method.open(_length(entries, epoch) + len(END))
        for chunk in members(tree, entries, epoch):
            on_chunk()
            inner.write(chunk)
            outer.write(compressor.compress(chunk))
        inner.write(END)
        outer.write(compressor.finish(END))
    return Packed(outer.digest, outer.bytes, inner.digest, inner.bytes)


def join(target: Path, layers: Iterable[Path]) -> tuple[str, int]:
    """Makes one gzipped archive of several: its sha256 (hex) and bytes."""
    with target.open("xb") as file:
        meter = _Meter(file)
        for path in layers:
            for chunk in _read(path, path.stat().st_size - len(GZIP_END)):
                meter.write(chunk)
        meter.write(GZIP_END)
    return meter.digest, meter.bytes


def bundle(target: Path, files: Mapping[str, Path | bytes], epoch: int) -> None:
    """Writes the files, given as path → where its content is or the content, into a new tar archive."""
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents} - {"."}
    with target.open("xb") as archive:
        for name in sorted({*files, *folders}):
            content = files.get(name)
            if content is None:
                archive.write(_header(Entry(name, "0755", "d", 0, "-"), epoch))
                continue
            size = len(content) if isinstance(content, bytes) else content.stat().st_size
            archive.write(_header(Entry(name, "0644", "f", size, "-"), epoch))
            for chunk in (content,) if isinstance(content, bytes) else _read(content, size):
                archive.write(chunk)
            archive.write(_padding(size))
        archive.write(END)


def members(tree: Path, entries: Iterable[Entry], epoch: int) -> Iterator[bytes]:
    """The entries as a tar archive without its end, in pieces of at most a mebibyte."""
    for entry in entries:
        yield _header(entry, epoch)
        if entry.type == "f":
            yield from _checked(tree / entry.path, entry)
            yield _padding(entry.size)


def _length(entries: Iterable[Entry], epoch: int) -> int:
    """The bytes that `members` will give."""
    return sum(len(_header(each, epoch)) + each.size + len(_padding(each.size)) for each in entries)


def _header(entry: Entry, epoch: int) -> bytes:
    member = tarfile.TarInfo(entry.path)
    member.type = TYPES[entry.type]
    member.mode = int(entry.mode, 8)
    member.mtime = epoch
    member.size = entry.size
    if entry.type == "l":
        member.linkname = entry.content
    return member.tobuf(tarfile.PAX_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)


def _checked(path: Path, entry: Entry) -> Iterator[bytes]:
    """The content of the entry's file; BuildError when it is another one, which a cache would keep."""
    digest = hashlib.sha256()
    for chunk in _read(path, entry.size):
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != entry.content:
        raise _changed(path)


def _read(path: Path, size: int) -> Iterator[bytes]:
    """The first `size` bytes of a file; BuildError when it has fewer, since its header is written."""
    with path.open("rb") as file:
        while size > 0:
            chunk = _next(file, min(size, _CHUNK), path)
            size -= len(chunk)
            yield chunk


def _next(file: IO[bytes], size: int, path: Path) -> bytes:
    if chunk := file.read(size):
        return chunk
    raise _changed(path)


def _changed(path: Path) -> BuildError:
    hint = "build again, with nothing else at work there"
    return BuildError(f"{path} changed while it was packed", hint=hint)
