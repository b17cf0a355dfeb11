"""What goes to a helper's standard input: a release, whole or only what a host lacks of it; or files."""

from __future__ import annotations

import functools
import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from beamwright.artifact import Artifact, oci
from beamwright.artifact.contents import broken, demand_same, entry_of, read_tarball
from beamwright.artifact.delta import Delta
from beamwright.artifact.manifest import Entry
from beamwright.artifact.pick import pick
from beamwright.errors import BuildError
from beamwright.fleet.model import Registry
from beamwright.rollout.source import source
from beamwright.units.file import HostFile

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Shipment:
    """A release for a host that may have an earlier one; an image's blobs come from `registry`, if any."""

    artifact: Artifact
    delta: Delta
    registry: Registry | None = None


@dataclass(frozen=True)
class Parcel:
    """Bytes, of which some lie in files: those of a whole release are not held in memory."""

    parts: tuple[bytes | Path, ...]
    size: int
    sha256: str

    def open(self, begin: int = 0) -> IO[bytes]:
        """The bytes from `begin` on, one part after the other."""
        return io.BufferedReader(_Joined(self._from(begin)), _CHUNK)

    def _from(self, begin: int) -> Iterator[IO[bytes]]:
        """The parts, opened one by one; what lies before `begin` is passed over."""
        for part in self.parts:
            size = len(part) if isinstance(part, bytes) else part.stat().st_size
            if begin < size:
                stream = io.BytesIO(part) if isinstance(part, bytes) else part.open("rb")
                stream.seek(begin)
                yield stream
            begin = max(0, begin - size)


class _Joined(io.RawIOBase):
    def __init__(self, parts: Iterator[IO[bytes]]) -> None:
        self._parts, self._part = parts, None  # type: tuple[Iterator[IO[bytes]], IO[bytes] | None]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        room = memoryview(buffer).cast("B")
        while True:
            if self._part is None:
                self._part = next(self._parts, None)
                if self._part is None:
                    return 0
            chunk = self._part.read(len(room))
            if chunk:
                room[: len(chunk)] = chunk
                return len(chunk)
            self._part.close()
            self._part = None

    def close(self) -> None:
        if self._part is not None:
            self._part.close()
        super().close()


def parcel(payload: Shipment | tuple[HostFile, ...]) -> Parcel:
    """The parcel of a payload; the same shipment to many hosts is packed once.

    BuildError when the archive of a shipment is not what its manifest says, as far as it is sent.
    """
    return _ship(payload) if isinstance(payload, Shipment) else _parcel(pack(payload))


@functools.lru_cache(maxsize=16)
def _ship(shipment: Shipment) -> Parcel:
    artifact = shipment.artifact
    # The archive of an image's layout is not compressed: its blobs are.
    as_it_is = shipment.delta.base is None and artifact.archive == artifact.tarball
    with _intact(artifact):
        tree = _whole(artifact) if as_it_is else _tree(shipment)
    return release(artifact, tree, source(shipment.registry) if shipment.registry else b"")


def release(artifact: Artifact, tree: Path | bytes, elsewhere: bytes = b"") -> Parcel:
    """The tar that `host do … stage` reads: manifest.json.gz, manifest.json.sig, `tree` as tree.tar.gz, and
    as source where an image's blobs are to be had that are not in it.
    """
    signature = (
        artifact.signature.read_bytes() if artifact.signature and artifact.signature.is_file() else b""
    )
    manifest = gzip.compress(artifact.manifest_json.read_bytes(), 9, mtime=0)
    size = len(tree) if isinstance(tree, bytes) else tree.stat().st_size
    return _parcel(
        *_member("manifest.json.gz", len(manifest), manifest),
        *_member("manifest.json.sig", len(signature), signature),
        *_member("source", len(elsewhere), elsewhere),
        *_member("tree.tar.gz", size, tree),
        bytes(2 * tarfile.BLOCKSIZE),
    )


def _tree(shipment: Shipment) -> bytes:
    """A tar.gz of those members of the archive that the host lacks, the same bytes every time."""
    sent = (each for each in shipment.delta.entries if not (shipment.registry and oci.is_blob(each.path)))
    wanted = {entry.path: entry for entry in sent}
    found, out = dict[str, Entry](), io.BytesIO()
    with (
        gzip.GzipFile("", "wb", 9, out, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as target,
    ):
        for member, content in pick(shipment.artifact.archive, wanted):
            found[member.name] = entry_of(member, hashlib.sha256(content).hexdigest())
            target.addfile(member, io.BytesIO(content))
    demand_same(found, wanted.values())
    return out.getvalue()


def _whole(artifact: Artifact) -> Path:
    """The tarball, once it is known to hold what the manifest says."""
    demand_same(read_tarball(artifact.tarball), artifact.manifest().entries)
    return artifact.tarball


@contextmanager
def _intact(artifact: Artifact) -> Iterator[None]:
    """Everything that is wrong with an archive, in one error: the hosts would find it out only one by one."""
    try:
        with broken("it"):
            yield
    except BuildError as exc:
        raise BuildError(
            f"{artifact.archive} is not what its manifest says: {exc.message}",
            hint="get it again from who built it, or build it again",
        ) from exc


def _member(name: str, size: int, content: bytes | Path) -> tuple[bytes | Path, ...]:
    """A file in a tar archive: header, content, and zeros to the next block."""
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT), content, bytes(-size % tarfile.BLOCKSIZE)


def _parcel(*parts: bytes | Path) -> Parcel:
    digest, size = hashlib.sha256(), 0
    for part in parts:
        with io.BytesIO(part) if isinstance(part, bytes) else part.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    return Parcel(parts, size, digest.hexdigest())


def pack(files: Iterable[HostFile]) -> bytes:
    """The tar that `host do … install` reads: `files`, lines of mode, owner, group, path; and root/<path>."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        lines = ""
        for file in files:
            lines += f"{file.mode:04o} {file.owner} {file.group} {file.path}\n"
            _add(tar, f"root{file.path}", file.content)
        _add(tar, "files", lines)
    return out.getvalue()


def _add(tar: tarfile.TarFile, name: str, content: str) -> None:
    raw = content.encode()
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(raw), 0o600
    tar.addfile(info, io.BytesIO(raw))
