"""Digests of files that stay between builds: a file that has not changed since it was read is not read again.

That is told, as git's index does it, by its number (inode), its size and the time of its last change (ctime),
which nobody can set:

    digests
      <digest of all lines and of the machine's boot>
      <device> <inode> <ctime in ns> <size> <sha256 of the file>

A file that changed in the last two seconds is read the next time as well, for the clock of a file system has
ticks. After another boot all of them are read: a power cut may have left a file with its number and time, and
without its bytes.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

from beamwright.release.digest import of_file
from beamwright.release.store import key

BOOT = Path("/proc/sys/kernel/random/boot_id")
"""Linux's own id of the time since the machine started (proc(5)); elsewhere nothing is noted."""

_TICKS = 2.0
"""Seconds in which a file may change twice and have one time."""


def settled(path: Path | str, now: float) -> str:
    """What stands for the bytes of a file; nothing for a link, and for what changed just before `now`."""
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode) or found.st_ctime + _TICKS >= now:
        return ""
    return f"{found.st_dev} {found.st_ino} {found.st_ctime_ns} {found.st_size}"


class Digests:
    """The digests of files; `note` is a file that outlives the build, `now` tells the time in seconds."""

    def __init__(self, note: Path, now: Callable[[], float] = time.time) -> None:
        self._note = note
        self._now = now
        self._boot = BOOT.read_text("utf-8") if BOOT.is_file() else ""
        self._known = self._read() if self._boot else {}
        self._used: dict[str, str] = {}

    def of(self, path: Path | str) -> str:
        """The sha256 of the file's content, in hex."""
        # Before it is read: what changes meanwhile has another time.
        which = settled(path, self._now())
        digest = self._known.get(which) or of_file(path)
        if which:
            self._used[which] = digest
        return digest

    def keep(self) -> None:
        """Writes the note, whole or not at all; what was not asked for in this build is forgotten."""
        if self._used == self._known or not self._boot:
            return
        lines = "".join(f"{which} {digest}\n" for which, digest in self._used.items())
        beside = self._note.with_name(f".{self._note.name}")
        beside.write_text(f"{key((self._boot, lines))}\n{lines}", "utf-8")
        beside.rename(self._note)

    def _read(self) -> dict[str, str]:
        """What was noted; nothing, where that was before the machine started or was changed since."""
        if not self._note.is_file():
            return {}
        first, _, lines = self._note.read_text("utf-8", "replace").partition("\n")
        if first != key((self._boot, lines)):
            return {}
        found = (line.rpartition(" ") for line in lines.splitlines())
        return {which: digest for which, _, digest in found}
