"""Digests of files and folders, by which what was made from them is kept."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from beamwright import resources


def digest(folder: Path) -> str:
    """The sha256, in hex, of the names and contents of every file in the folder, and of where links point."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found.update(f"{path.relative_to(folder)}\0-> {path.readlink()}\n".encode())
        elif path.is_file():
            found.update(f"{path.relative_to(folder)}\0{of_file(path)}\n".encode())
    return found.hexdigest()


def of_file(path: Path | str) -> str:
    """The sha256 of the file's content, in hex."""
    with Path(path).open("rb", buffering=0) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@cache
def recipe() -> str:
    """Of how trees are made: this package's code, and the scripts that it runs in the toolchain.

    What another Beamwright has kept is so never taken for what this one would make.
    """
    code = "".join(of_file(path) for path in sorted(Path(__file__).parent.glob("*.py")))
    return hashlib.sha256(f"{code}{digest(resources.find('images/compile'))}".encode()).hexdigest()
