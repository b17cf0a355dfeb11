"""Cuts a tree into layers, from what changes least to what changes most: most are not sent again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from beamwright.artifact.compression import Algorithm, Method
from beamwright.artifact.manifest import Entry

NAMES = ("libc closure", "ERTS + OTP", "dependencies", "application", "configuration")
LIBC, OTP, DEPENDENCIES, APPLICATION, CONFIGURATION = NAMES

_LARGE = 1 << 18
"""Bytes of an application that would keep one waiting after each change of it."""

_BEST: Mapping[Algorithm, int] = {"gzip": 9, "zstd": 19}
_FAST: Mapping[Algorithm, int] = {"gzip": 6, "zstd": 12}
"""A fourth to an eighth of the time for 15 % more (zstd) or half a per cent (gzip)."""


@dataclass(frozen=True)
class Layer:
    """A part of a tree with a name; a folder is in every layer that holds something of it."""

    name: str
    entries: tuple[Entry, ...]

    @property
    def unpacked_bytes(self) -> int:
        """The sum of its files' sizes."""
        return sum(entry.size for entry in self.entries)

    def method(self, algorithm: Algorithm) -> Method:
        """How it is compressed: as well as can be, unless it is large and changes with every build."""
        hurried = self.name in (APPLICATION, CONFIGURATION) and self.unpacked_bytes > _LARGE
        return Method(algorithm, (_FAST if hurried else _BEST)[algorithm])


def cut(entries: tuple[Entry, ...], kinds: Mapping[str, str]) -> tuple[Layer, ...]:
    """The layers in their order; `kinds` maps the folder of an application (`stdlib-6.2`) to its layer."""
    parts: dict[str, list[Entry]] = {name: [] for name in NAMES}
    folders = {entry.path: entry for entry in entries if entry.type == "d"}
    filled = {entry.path.rpartition("/")[0] for entry in entries}
    for entry in entries:
        if entry.path not in filled:
            parts[layer_of(entry.path, kinds)].append(entry)
    return tuple(Layer(name, _with_folders(part, folders)) for name, part in parts.items() if part)


def layer_of(path: str, kinds: Mapping[str, str]) -> str:
    """The name of the layer that the file at the path is in; `kinds` as above."""
    match path.split("/", 3):
        case ["app", "lib", library, *_]:
            return kinds.get(library, DEPENDENCIES)
        case ["app", part, *_] if part.startswith("erts-"):
            return OTP
        case ["app" | "bin", *_]:
            return CONFIGURATION
    return LIBC


def _with_folders(part: list[Entry], folders: Mapping[str, Entry]) -> tuple[Entry, ...]:
    """The entries with all folders on the way to them, sorted by path."""
    above: set[str] = set()
    for entry in part:
        parent = entry.path.rpartition("/")[0]
        while parent and parent not in above:
            above.add(parent)
            parent = parent.rpartition("/")[0]
    return tuple(sorted({*part, *(folders[path] for path in above)}))
