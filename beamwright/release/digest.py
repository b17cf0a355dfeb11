"""Digests of folders, by which what was made from them is kept."""

from __future__ import annotations

import hashlib
from pathlib import Path


def digest(folder: Path) -> str:
    """The sha256, in hex, of the names and contents of every file in the folder."""
    found = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        found.update(f"{path.relative_to(folder)}\0{content}\n".encode())
    return found.hexdigest()
