"""What an ELF file says of itself: its machine, its loader, and the libraries that it needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from elftools.elf.segments import InterpSegment

ARCHITECTURES = {"EM_X86_64": "amd64", "EM_AARCH64": "arm64"}
"""ELF machine → the name that Debian and OCI give the architecture."""


@dataclass(frozen=True)
class Elf:
    """`needed` are sonames (DT_NEEDED), `runpath` folders (DT_RUNPATH, DT_RPATH) with $ORIGIN as written."""

    path: Path
    architecture: str
    loader: str | None
    needed: tuple[str, ...]
    runpath: tuple[str, ...]


def find(folder: Path) -> tuple[Elf, ...]:
    """Every ELF file below the folder, in the order of their paths; object files and links are left out."""
    return tuple(elf for path in sorted(_regular(folder)) if (elf := read(path)) is not None)


def read(path: Path) -> Elf | None:
    """The file's own account; None when it is not an ELF program or library."""
    with path.open("rb") as stream:
        if stream.read(4) != b"\x7fELF":
            return None
        try:
            return _parse(path, ELFFile(stream))
        # A header that leads nowhere: seek(2) refuses some offsets, and Python what is no number of bytes.
        except (ELFError, OSError, ValueError):
            return None


def _parse(path: Path, elf: ELFFile) -> Elf | None:
    if elf["e_type"] not in ("ET_EXEC", "ET_DYN"):
        return None
    loader: str | None = None
    needed: list[str] = []
    runpath: list[str] = []
    for segment in elf.iter_segments():
        if isinstance(segment, InterpSegment):
            loader = segment.get_interp_name()
        elif isinstance(segment, DynamicSegment):
            needed = _values(segment, "needed")
            runpath = ":".join(_values(segment, "rpath") + _values(segment, "runpath")).split(":")
    architecture = ARCHITECTURES.get(elf["e_machine"], elf["e_machine"])
    return Elf(path, architecture, loader, tuple(needed), tuple(filter(None, runpath)))


def _values(segment: DynamicSegment, name: str) -> list[str]:
    """The texts of the segment's entries of one kind: DT_NEEDED, DT_RPATH, DT_RUNPATH."""
    return [getattr(tag, name) for tag in segment.iter_tags(f"DT_{name.upper()}")]


def _regular(folder: Path) -> Iterator[Path]:
    """The regular files below the folder."""
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
