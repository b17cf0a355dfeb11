"""What an ELF file says of itself: its machine, its loader, and the libraries that it needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

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
        elf = ELFFile(stream)
        if elf["e_type"] not in ("ET_EXEC", "ET_DYN"):
            return None
        loader, needed, runpath = None, [], []
        for segment in elf.iter_segments():
            if segment["p_type"] == "PT_INTERP":
                loader = segment.get_interp_name()
            elif segment["p_type"] == "PT_DYNAMIC":
                needed = [tag.needed for tag in segment.iter_tags("DT_NEEDED")]
                runpath = [part for tag in segment.iter_tags("DT_RPATH") for part in tag.rpath.split(":")]
                runpath += [
                    part for tag in segment.iter_tags("DT_RUNPATH") for part in tag.runpath.split(":")
                ]
        architecture = ARCHITECTURES.get(elf["e_machine"], elf["e_machine"])
        return Elf(path, architecture, loader, tuple(needed), tuple(runpath))


def _regular(folder: Path) -> Iterator[Path]:
    """The regular files below the folder."""
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
