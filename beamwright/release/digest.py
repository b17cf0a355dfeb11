"""Digests of files and folders, by which what was made from them is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from io import FileIO
from pathlib import Path

from beamwright import resources


def digest(folder: Path) -> str:
    """The sha256, in hex, of the names and contents of every file in the folder, and of where links point."""
    return of_all(contents(folder))


def of_all(contents: Mapping[str, str]) -> str:
    """The sha256 of such contents, in hex."""
    lines = (f"{path}\0{content}\n" for path, content in contents.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def of_file(path: Path | str) -> str:
    """The sha256 of the file's content, in hex."""
    with FileIO(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def contents(folder: Path, of: Callable[[Path], str] = of_file) -> dict[str, str]:
    """What is below the folder, by path: the sha256 of each file in hex, and `-> where` of each link.

    `of` tells the sha256 of a file.
    """
    return {
        str(path.relative_to(folder)): f"-> {path.readlink()}" if path.is_symlink() else of(path)
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


@cache
def recipe() -> str:
    """Of how trees are made: this package's code, and the scripts that it runs in the toolchain.

    What another Beamwright has kept is so never taken for what this one would make.
    """
    code = "".join(of_file(path) for path in sorted(Path(__file__).parent.glob("*.py")))
    return hashlib.sha256(f"{code}{digest(resources.find('images/compile'))}".encode()).hexdigest()
