"""Every file of a tree, and the one digest over all of it.

manifest.json: `{"name", "version", "digest", "arch", "erts", "otp", "created", "environment", "counter",
"sbom", "provenance", "files": [[path, mode, type, size, content], …]}`; mode is octal text, type `f`, `d` or
`l`, content the sha256 of a file, the target of a link, `-` of a folder. The tree's digest is the sha256 of
`Manifest.text()`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from beamwright.errors import BuildError
from beamwright.release.digest import of_file

FIELDS = (
    *("name", "version", "digest", "arch", "erts", "otp", "created"),
    *("environment", "counter", "sbom", "provenance"),
)

_MISREAD = re.compile(r"[\x00-\x1f\\]|\],\[")
"""What no path may hold: hosts split manifest.json at `],[`, and JSON writes the others in another way."""


@dataclass(frozen=True, order=True)
class Entry:
    """One file, folder or link of a tree; `path` is relative, `size` in bytes (0 but for files)."""

    path: str
    mode: str
    type: str
    size: int
    content: str

    def line(self) -> str:
        """The entry in the text that the tree's digest is over."""
        return f"{self.type} {self.mode} {self.size} {self.content}\t{self.path}\n"

    @classmethod
    def of(cls, line: str) -> Entry:
        """The entry of a line; ValueError when it is none."""
        words, _, path = line.rstrip("\n").partition("\t")
        kind, mode, size, content = words.split(" ", 3)
        return cls(path, mode, kind, int(size), content)


@dataclass(frozen=True)
class Manifest:
    """What a tree holds, sorted by path; `created` is UTC, RFC 3339.

    What is signed for: the `environment` of the fleet that it was built for, a `counter` that grows from
    build to build, the sha256 of `sbom` and `provenance`. An empty environment is every one.
    """

    name: str
    version: str
    arch: str
    erts: str
    otp: str
    created: str
    entries: tuple[Entry, ...]
    environment: str = ""
    counter: int = 0
    sbom: str = ""
    provenance: str = ""

    @property
    def digest(self) -> str:
        """The tree's digest, sha256 in hex: equal digests are equal trees."""
        return hashlib.sha256(self.text().encode()).hexdigest()

    @property
    def unpacked_bytes(self) -> int:
        """The sum of all files' sizes."""
        return sum(entry.size for entry in self.entries)

    def text(self) -> str:
        """One line an entry: `type mode size content<TAB>path`."""
        return "".join(entry.line() for entry in self.entries)

    def checksums(self) -> str:
        """The files as `sha256sum --check` reads them, paths relative to the tree."""
        return "".join(f"{entry.content}  {entry.path}\n" for entry in self.entries if entry.type == "f")

    def to_json(self) -> str:
        """manifest.json."""
        fields = {key: getattr(self, key) for key in FIELDS}
        files = [[entry.path, entry.mode, entry.type, entry.size, entry.content] for entry in self.entries]
        return json.dumps({**fields, "files": files}, separators=(",", ":"), ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """The manifest of a manifest.json; BuildError when it is none or does not carry its own digest."""
        try:
            fields = json.loads(text)
            entries = tuple(Entry(*values) for values in fields.pop("files"))
            digest = fields.pop("digest")
            manifest = cls(**fields, entries=entries)
        except (AttributeError, KeyError, TypeError, ValueError) as exc:
            raise BuildError(f"this is no manifest: {exc}", hint="build it again") from exc
        if manifest.digest != digest:
            raise BuildError(
                f"the manifest of {manifest.name} {manifest.version} is damaged", hint="build it again"
            )
        return manifest


def scan(tree: Path, known: Mapping[str, str] = MappingProxyType({})) -> tuple[Entry, ...]:
    """The entries of everything below the folder, sorted by path; `known` are digests of files by path.

    BuildError for what no tree may hold: devices, sockets, names that break a line, an Erlang cookie.
    """
    start = len(f"{tree}/")
    # A tree has a thousand paths: as strings they take half the time.
    paths = (f"{place}/{name}" for place, folders, names in os.walk(tree) for name in (*folders, *names))
    found = (_entry(path, path[start:], known) for path in paths)
    return tuple(sorted(found, key=lambda entry: entry.path))


def _entry(path: str, name: str, known: Mapping[str, str]) -> Entry:
    info = os.lstat(path)
    mode = f"{stat.S_IMODE(info.st_mode):04o}"
    if _MISREAD.search(name) or name.encode(errors="replace").decode() != name:
        raise BuildError(
            f"{name!r} can't be shipped: a control character, a backslash, `],[` or no UTF-8 in its name",
            hint="call it otherwise, or remove it from the release",
        )
    if name.rpartition("/")[2] in ("COOKIE", ".erlang.cookie"):
        raise BuildError(
            f"{name} is an Erlang cookie: an artifact holds no secret", hint="remove it from the release"
        )
    if stat.S_ISLNK(info.st_mode):
        return Entry(name, "0777", "l", 0, str(Path(path).readlink()))
    if stat.S_ISDIR(info.st_mode):
        return Entry(name, mode, "d", 0, "-")
    if stat.S_ISREG(info.st_mode):
        return Entry(name, mode, "f", info.st_size, known.get(name) or of_file(path))
    raise BuildError(f"{name} is neither file, folder nor link", hint="remove it from the release")
