"""What is in a packed artifact, read back: the entries of a tree, out of tarballs, layers and images.

Everything is read as a stream; nothing is unpacked. BuildError says what is broken.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import zstandard

from beamwright.artifact.manifest import Entry
from beamwright.errors import BuildError

TYPES = {tarfile.REGTYPE: "f", tarfile.AREGTYPE: "f", tarfile.DIRTYPE: "d", tarfile.SYMTYPE: "l"}
"""Whatever else tar knows has no place in a tree, and is `?`."""

_ZSTD = b"\x28\xb5\x2f\xfd"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Files:
    """The files of an image, in a folder or in an archive: their names, and how each is opened."""

    names: frozenset[str]
    open: Callable[[str], IO[bytes]]

    def json(self, name: str) -> Any:
        """The JSON in a file."""
        with self.open(name) as stream:
            return json.load(stream)

    def digest(self, name: str) -> str:
        """The sha256 of a file, in hex."""
        with self.open(name) as stream:
            return _digest(stream)


def in_folder(folder: Path) -> Files:
    """The files of a layout that is a folder."""
    names = frozenset(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return Files(names, lambda name: (folder / name).open("rb"))


@contextmanager
def in_archive(path: Path) -> Iterator[Files]:
    """The files of an image that is one file."""
    with broken(path.name), tarfile.open(path, "r:") as archive:
        members = {member.name: member for member in archive if member.isfile()}
        yield Files(frozenset(members), lambda name: cast(IO[bytes], archive.extractfile(members[name])))


def read_tarball(path: Path) -> dict[str, Entry]:
    """The entries of a tarball, by path."""
    with broken(path.name), path.open("rb") as stream:
        return _entries(stream)[0]


def read_layout(files: Files, digest: str) -> dict[str, Entry]:
    """The entries of all layers of the image in a layout whose manifest has that sha256 (image-layout.md)."""
    with broken("the layout"):
        for name in sorted(files.names):
            if name.startswith("blobs/sha256/") and files.digest(name) != name.rpartition("/")[2]:
                raise BuildError(f"{name} is not what its name says")
        listed = [each["digest"] for each in files.json("index.json")["manifests"]]
        if listed != [f"sha256:{digest}"]:
            raise BuildError(f"the layout is of {', '.join(listed)}")
        manifest = files.json(_blob(listed[0]))
        config = files.json(_blob(manifest["config"]["digest"]))
        layers = [_blob(layer["digest"]) for layer in manifest["layers"]]
        return _read_layers(files, layers, config["rootfs"]["diff_ids"])


def read_docker(files: Files, digest: str) -> dict[str, Entry]:
    """The entries of all layers of the image in an archive of `docker save`; `digest` is its id."""
    with broken("the archive"):
        (image,) = files.json("manifest.json")
        if files.digest(image["Config"]) != digest:
            raise BuildError(f"the configuration is not that of {digest[:12]}")
        config = files.json(image["Config"])
        return _read_layers(files, image["Layers"], config["rootfs"]["diff_ids"])


@contextmanager
def broken(what: str) -> Iterator[None]:
    """What readers of archives and JSON raise for bytes that are none, in one error."""
    try:
        yield
    except (tarfile.TarError, zlib.error, zstandard.ZstdError, EOFError, OSError) as exc:
        raise BuildError(f"{what} is broken: {exc}") from exc
    except (LookupError, TypeError, ValueError) as exc:
        raise BuildError(f"{what} is none: {exc!r}") from exc


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _read_layers(files: Files, layers: Iterable[str], diff_ids: Iterable[str]) -> dict[str, Entry]:
    """The entries of layers, each of which has the digest that the configuration gives it."""
    found: dict[str, Entry] = {}
    for name, diff_id in zip(layers, diff_ids, strict=True):
        with files.open(name) as stream:
            entries, digest = _entries(stream)
        if f"sha256:{digest}" != diff_id:
            raise BuildError(f"the layer {name} is not the one of the configuration")
        found |= entries
    return found


class _Digested:
    """A stream that digests what is read of it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self.sha256.update(data)
        return data


def _entries(stream: IO[bytes]) -> tuple[dict[str, Entry], str]:
    """The entries of a compressed archive, and the sha256 of all that was in the compression."""
    magic = stream.read(len(_ZSTD))
    stream.seek(0)
    plain: IO[bytes]
    if magic == _ZSTD:
        plain = cast(IO[bytes], zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True))
    else:
        plain = cast(IO[bytes], gzip.GzipFile(fileobj=stream))
    digested = _Digested(plain)
    found: dict[str, Entry] = {}
    with tarfile.open(fileobj=cast(IO[bytes], digested), mode="r|") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isreg() else None
            entry = entry_of(member, _digest(content) if content else "")
            # A folder may be in several layers; a file that comes twice would hide what came first.
            if found.setdefault(entry.path, entry) != entry:
                raise BuildError(f"{entry.path} is in it twice")
    while digested.read(_CHUNK):
        pass
    return found, digested.sha256.hexdigest()


def entry_of(member: tarfile.TarInfo, sha256: str) -> Entry:
    """The entry that a member of an archive makes; `sha256` of its content, in hex, where it is a file."""
    kind, mode = TYPES.get(member.type, "?"), f"{member.mode:04o}"
    if kind != "f":
        return Entry(member.name, mode, kind, 0, member.linkname if kind == "l" else "-")
    return Entry(member.name, mode, kind, member.size, sha256)


def demand_same(found: Mapping[str, Entry], wanted: Iterable[Entry]) -> None:
    """BuildError names an entry, by path, that is not as wanted."""
    expected = {entry.path: entry for entry in wanted}
    for path in sorted({*found, *expected}):
        if found.get(path) != expected.get(path):
            how = "missing" if path not in found else "changed" if path in expected else "not in the manifest"
            raise BuildError(f"{path} is {how}")


def _digest(stream: IO[bytes]) -> str:
    found = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        found.update(chunk)
    return found.hexdigest()
