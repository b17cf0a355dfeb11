"""Files on their way into a tree: which of them are native, and what mode they have."""

from __future__ import annotations

import shutil
from pathlib import Path

_PROGRAM, _LIBRARY = 2, 3
"""e_type of elf(5)."""


def copy(source: Path, target: Path) -> None:
    """Copies content and the right to run it; the target's folder is made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode(source))


def mode(path: Path) -> int:
    """By what a file is, whatever the umask was here: 0755 for folders and programs, else 0644."""
    return 0o755 if path.is_dir() or path.stat().st_mode & 0o111 else 0o644


def normalise(tree: Path) -> None:
    """Gives every file and folder of the tree its mode."""
    for path in tree.rglob("*"):
        if not path.is_symlink():
            path.chmod(mode(path))


def is_native(path: Path) -> bool:
    """Whether the file is an ELF program or library; object files are not."""
    with path.open("rb") as stream:
        head = stream.read(18)
    if len(head) < 18 or not head.startswith(b"\x7fELF"):
        return False
    kind = int.from_bytes(head[16:18], "little" if head[5] == 1 else "big")
    return kind in (_PROGRAM, _LIBRARY)
