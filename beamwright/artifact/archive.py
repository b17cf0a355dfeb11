"""Tar archives that are the same bytes every time: sorted names, owner 0, one time, gzip without a date."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from beamwright.artifact.manifest import Entry

LEVEL = 6
"""gzip's own default: 9 takes four times as long for one per cent."""

TYPES = {"f": tarfile.REGTYPE, "d": tarfile.DIRTYPE, "l": tarfile.SYMTYPE}


@dataclass(frozen=True)
class Packed:
    """An archive as written: sha256 (hex) and bytes of the compressed file, and of the tar archive in it."""

    digest: str
    compressed_bytes: int
    content_digest: str
    content_bytes: int


class _Sink(Protocol):
    def write(self, data: bytes, /) -> int: ...


class _Meter(io.BufferedIOBase):
    """A stream that digests and counts what goes through it."""

    def __init__(self, stream: _Sink) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()
        self.bytes = 0

    def write(self, data: bytes) -> int:  # type: ignore[override]  # only bytes come
        self._digest.update(data)
        self.bytes += len(data)
        return self._stream.write(data)

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()


def pack(target: Path, tree: Path, entries: Iterable[Entry], epoch: int) -> Packed:
    """Writes the entries of the tree into a new gzipped tar archive; `epoch` is every file's time."""
    with target.open("xb") as file:
        outer = _Meter(file)
        with gzip.GzipFile("", "wb", LEVEL, outer, mtime=0) as compressed:
            inner = _Meter(compressed)
            with tarfile.open(mode="w|", fileobj=inner, format=tarfile.PAX_FORMAT) as archive:
                for entry in entries:
                    _add(archive, tree, entry, epoch)
    return Packed(outer.digest, outer.bytes, inner.digest, inner.bytes)


def bundle(target: Path, folder: Path, epoch: int) -> None:
    """Writes every file below the folder into a new, uncompressed tar archive."""
    with tarfile.open(target, "x", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            kind, mode = ("d", "0755") if path.is_dir() else ("f", "0644")
            _add(
                archive,
                folder,
                Entry(name, mode, kind, 0 if kind == "d" else path.stat().st_size, "-"),
                epoch,
            )


def _add(archive: tarfile.TarFile, tree: Path, entry: Entry, epoch: int) -> None:
    member = tarfile.TarInfo(entry.path)
    member.type = TYPES[entry.type]
    member.mode = int(entry.mode, 8)
    member.mtime = epoch
    if entry.type == "l":
        member.linkname = entry.content
    if entry.type != "f":
        archive.addfile(member)
        return
    member.size = entry.size
    with (tree / entry.path).open("rb") as stream:
        archive.addfile(member, stream)
