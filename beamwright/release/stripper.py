"""Beam files on their way into a tree: stripped, unless the tree has them so already.

Most of a tree is that of the last build, which noted what its beam files were made from:

    stripped
      <digest of all lines and of this recipe>
      <sha256 of a beam file> <attributes> <sha256 of what was stripped of it> <opens a NIF>

A file of the tree that still has the one digest, and is to be made from a file that has the other, stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from beamwright.release import beam
from beamwright.release.digest import of_file, recipe
from beamwright.release.files import Folder
from beamwright.release.store import key


@dataclass(frozen=True)
class Stripped:
    """A beam file as it is shipped: its sha256 in hex, and whether it may open a library."""

    digest: str
    opens_nif: bool


class Stripper:
    """Puts stripped beam files into a tree; `note` is a file that outlives the build.

    `of` tells the sha256 of a file.
    """

    def __init__(self, note: Path, of: Callable[[Path], str] = of_file) -> None:
        self._note = note
        self._of = of
        self._known = _read(note)
        self._used: dict[str, Stripped] = {}

    def put(self, tree: Folder, name: str, file: Path, *, attributes: bool) -> Stripped:
        """Puts the beam file there, stripped as `beam.strip` does, which says what is raised for none."""
        made_from = f"{self._of(file)} {attributes:d}"
        found = self._known.get(made_from)
        if not (found and tree.keep(name, found.digest)):
            content = file.read_bytes()
            made_from = f"{hashlib.sha256(content).hexdigest()} {attributes:d}"
            stripped = beam.strip(content, attributes=attributes)
            tree.write(name, stripped)
            found = Stripped(hashlib.sha256(stripped).hexdigest(), beam.opens_nif(stripped))
        self._used[made_from] = found
        return found

    def keep(self) -> None:
        """Writes the note, whole or not at all; what this build had not is forgotten."""
        if self._used == self._known:
            return
        lines = "".join(f"{file} {made.digest} {made.opens_nif:d}\n" for file, made in self._used.items())
        beside = self._note.with_name(f".{self._note.name}")
        beside.write_text(f"{_digest(lines)}\n{lines}", "utf-8")
        beside.rename(self._note)


def _read(note: Path) -> dict[str, Stripped]:
    """What was noted; nothing, where that is another recipe's or was changed since."""
    first, _, lines = note.read_text("utf-8", "replace").partition("\n") if note.is_file() else ("", "", "")
    if first != _digest(lines):
        return {}
    found = (line.rsplit(" ", 2) for line in lines.splitlines())
    return {file: Stripped(digest, flag == "1") for file, digest, flag in found}


def _digest(lines: str) -> str:
    return key((recipe(), lines))
