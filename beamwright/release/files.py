"""Files on their way into a tree: what is there already stays, modes are those of what a file is."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

from beamwright.release.digest import of_file

_PROGRAM, _LIBRARY = 2, 3
"""e_type of elf(5)."""


class Folder:
    """A folder that becomes equal to what is put into it; what it holds already is not written again.

    Names are paths in it. Most of a tree is that of the last build, and reading is cheaper than writing.
    `of` tells the sha256 of a file.
    """

    def __init__(self, path: Path, of: Callable[[Path | str], str] = of_file) -> None:
        self.path = path
        self._of = of
        self._held: set[str] = set()
        self.changed: set[str] = set()
        """What was not there as it is now."""

    def write(self, name: str, content: bytes, mode: int = 0o644) -> None:
        """A file of this content."""
        target = self._place(name)
        if not (_is_file(target, len(content)) and target.read_bytes() == content):
            self._clear(name)
            target.write_bytes(content)
        self._give(name, mode)

    def keep(self, name: str, digest: str, mode: int = 0o644) -> bool:
        """Whether there is a file of this sha256 (hex) already, which then stays."""
        self._held.add(name)
        # Most files of a tree come here, and a Path of each takes as long as to read it.
        target = f"{self.path}/{name}"
        try:
            found = os.lstat(target)
        except (FileNotFoundError, NotADirectoryError):
            return False
        if not stat.S_ISREG(found.st_mode) or self._of(target) != digest:
            return False
        if stat.S_IMODE(found.st_mode) != mode:
            self._give(name, mode)
        return True

    def copy(self, name: str, source: Path) -> None:
        """The file `source`, with the right to run it."""
        target = self._place(name)
        if not (_is_file(target, source.stat().st_size) and self._of(source) == self._of(target)):
            self._clear(name)
            shutil.copyfile(source, target)
        self._give(name, mode(source))

    def link(self, name: str, to: str) -> None:
        """A symbolic link."""
        target = self._place(name)
        if not (target.is_symlink() and str(target.readlink()) == to):
            self._clear(name)
            target.symlink_to(to)

    def folder(self, name: str, mode: int = 0o755) -> None:
        """A folder, though nothing be put into it."""
        target = self._place(name)
        if target.is_symlink() or not target.is_dir():
            self._clear(name)
            target.mkdir()
        self._give(name, mode)

    def finish(self) -> None:
        """Removes what was not put here, and gives the folders on the way their mode."""
        self.path.mkdir(parents=True, exist_ok=True)
        direct = {name.rpartition("/")[0] for name in self._held}
        above = {str(folder) for each in direct for folder in (each, *Path(each).parents)}
        for place, folders, names in os.walk(self.path, topdown=False):
            inside = os.path.relpath(place, self.path)
            for name in (*names, *folders):
                known = name if inside == "." else f"{inside}/{name}"
                if known in above:
                    self._give(known, 0o755)
                elif known not in self._held:
                    self.changed.add(known)
                    _remove(self.path / known)

    def _place(self, name: str) -> Path:
        self._held.add(name)
        return self.path / name

    def _give(self, name: str, mode: int) -> None:
        path = self.path / name
        if stat.S_IMODE(path.stat().st_mode) != mode:
            self.changed.add(name)
            path.chmod(mode)

    def _clear(self, name: str) -> None:
        """Makes room for a file there, also where what was no folder has become one."""
        path = self.path / name
        self.changed.add(name)
        blocked = next((each for each in path.parents if each.is_file()), path)
        _remove(blocked)
        path.parent.mkdir(parents=True, exist_ok=True)


def mode(path: Path) -> int:
    """By what a file is, whatever the umask was here: 0755 for folders and programs, else 0644."""
    return 0o755 if path.is_dir() or path.stat().st_mode & 0o111 else 0o644


def size_of(folder: Path) -> int:
    """Bytes of all files below the folder, 0 where there is none."""
    return sum(os.lstat(f"{place}/{name}").st_size for place, _, names in os.walk(folder) for name in names)


def empty(folder: Path) -> None:
    """Removes what is in the folder, which stays."""
    for path in folder.iterdir():
        _remove(path)


def is_native(path: Path) -> bool:
    """Whether the file is an ELF program or library; object files are not."""
    with path.open("rb") as stream:
        head = stream.read(18)
    if len(head) < 18 or not head.startswith(b"\x7fELF"):
        return False
    kind = int.from_bytes(head[16:18], "little" if head[5] == 1 else "big")
    return kind in (_PROGRAM, _LIBRARY)


def _is_file(path: Path, size: int) -> bool:
    """Whether it is a regular file of this size."""
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size == size


def _remove(path: Path) -> None:
    """Whatever is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
