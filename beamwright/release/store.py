"""Keeps what took long to make, by the digest of all that it was made from.

    store/<kind>-<key>/
      files/    what was made
      about     what its maker noted
      digest    of both: an entry that a power cut or a hand has changed is none

An entry appears whole, by a rename. Nothing in it is ever written to: who wants it copies it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from beamwright.release.digest import contents, of_all, of_file

UNUSED = 14 * 86_400
"""Seconds after which an entry that no build wanted goes."""


@dataclass(frozen=True)
class Kept:
    """An entry: the folder of its files, not to be changed, and its `contents`; its maker's note."""

    folder: Path
    about: str
    contents: Mapping[str, str]

    @property
    def digests(self) -> dict[str, str]:
        """The sha256 of each file in hex, by path; links have none."""
        return {path: found for path, found in self.contents.items() if not found.startswith("-> ")}


@dataclass(frozen=True)
class Store:
    """The entries below `folder`; one process at a time uses it (Workshop.alone).

    `of` tells the sha256 of a file.
    """

    folder: Path
    of: Callable[[Path], str] = of_file

    def find(self, kind: str, key: str) -> Kept | None:
        """The entry, if it is there and as it was when it was put there."""
        place = self.folder / f"{kind}-{key}"
        try:
            kept = self._read(place)
            whole = (place / "digest").read_text("utf-8") == _digest(kept)
        except (OSError, ValueError):
            return None
        if not whole:
            return None
        os.utime(place)
        return kept

    def put(self, kind: str, key: str, files: Path, about: str = "") -> Kept:
        """Takes the folder `files` in, which is gone where it was; entries that nobody wants go."""
        self._prune()
        new, place = self.folder / "new", self.folder / f"{kind}-{key}"
        for older in (new, place):
            shutil.rmtree(older, ignore_errors=True)
        new.mkdir(parents=True)
        shutil.move(files, new / "files")
        (new / "about").write_text(about, "utf-8")
        kept = self._read(new)
        (new / "digest").write_text(_digest(kept), "utf-8")
        new.rename(place)
        return replace(kept, folder=place / "files")

    def _read(self, place: Path) -> Kept:
        files = place / "files"
        return Kept(files, (place / "about").read_text("utf-8"), contents(files, self.of))

    def _prune(self) -> None:
        before = time.time() - UNUSED
        for place in self.folder.glob("*-*"):
            if place.stat().st_mtime < before:
                shutil.rmtree(place, ignore_errors=True)


def key(parts: Iterable[str]) -> str:
    """The key of what is made from the parts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _digest(kept: Kept) -> str:
    return hashlib.sha256(f"{of_all(kept.contents)}\n{kept.about}".encode()).hexdigest()
