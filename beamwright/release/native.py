"""The native part of a tree: programs, shared libraries, and the files of the system that they read.

All of it is made in the toolchain and changes seldom, so it is kept between builds by the digests of the
release's own ELF files, of the toolchain image and of this recipe.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from beamwright.command import command
from beamwright.errors import BuildError
from beamwright.release import closure, elf
from beamwright.release.digest import recipe
from beamwright.release.engine import Box
from beamwright.release.files import Folder, empty
from beamwright.release.locale import without_transliteration
from beamwright.release.noted import Digests
from beamwright.release.segments import squeeze
from beamwright.release.store import key
from beamwright.release.workshop import Workshop


@dataclass(frozen=True)
class Native:
    """A folder of files that belong into the tree as they are; `digests` are their sha256 in hex, by path.

    `key` stands for its content and what that was made from, `arch` is Debian's and OCI's name (`amd64`),
    `loader` the path of ld.so in the tree and `elfs` those of all others that need a library, from `/`.
    `programs` are those of the release's own files that want a loader, by path in the tree.
    """

    folder: Path
    digests: Mapping[str, str]
    key: str
    arch: str
    loader: str
    elfs: tuple[str, ...]
    programs: tuple[str, ...]


def make(
    box: Box, workshop: Workshop, files: Mapping[str, Path], parts: tuple[str, ...], digests: Digests
) -> Native:
    """Strips the ELF files, given by path in the tree, and adds all that they need of the toolchain.

    `parts` are those of system.sh. BuildError names the library that the toolchain lacks.
    """
    store = replace(workshop.store, of=digests.of)
    lines = (f"{path} {digests.of(file)}" for path, file in sorted(files.items()))
    known = key((recipe(), box.image, *parts, *lines))
    kept = store.find("native", known)
    if kept is None:
        about = _make(box, workshop, files, parts)
        kept = store.put("native", known, workshop.native, json.dumps(about))
    about = json.loads(kept.about)
    return Native(
        kept.folder,
        kept.digests,
        known,
        about["arch"],
        about["loader"],
        tuple(about["elfs"]),
        tuple(about["programs"]),
    )


def _make(
    box: Box, workshop: Workshop, files: Mapping[str, Path], parts: tuple[str, ...]
) -> dict[str, object]:
    """Fills workshop.native, which is /tree in the box; what is to be noted of it."""
    tree = workshop.native
    # What compiled may have been there, and a link would be written through.
    empty(tree)
    given = Folder(tree)
    for path, file in files.items():
        given.copy(path, file)
    arch = closure.architecture(tree)
    own = elf.find(tree)
    closure.close(box, tree)
    system = box.run(command("sh", "/compile/system.sh", "/tree", *parts), root=True)
    if not system.ok:
        raise BuildError("the toolchain lacks a part of the system", detail=system.stdout)
    _strip(box, tree)
    workshop.take_over(box)
    for each in elf.find(tree):
        each.path.write_bytes(squeeze(each.path.read_bytes()))
    for kinds in tree.glob("usr/lib/locale/*/LC_CTYPE"):
        kinds.write_bytes(without_transliteration(kinds.read_bytes()))
    loader = next(each.loader for each in own if each.path.name == "beam.smp")
    elfs = [f"/{each.path.relative_to(tree)}" for each in elf.find(tree) if each.needed]
    programs = [str(each.path.relative_to(tree)) for each in own if each.loader]
    return {
        "arch": arch,
        "loader": loader,
        "elfs": [path for path in elfs if path != loader],
        "programs": programs,
    }


def _strip(box: Box, tree: Path) -> None:
    """Takes symbols and debug information out of every ELF file."""
    files = [f"/tree/{each.path.relative_to(tree)}" for each in elf.find(tree)]
    stripped = box.run(command("strip", "--strip-unneeded", *files), root=True)
    if not stripped.ok:
        raise BuildError("an ELF file could not be stripped", detail=stripped.stdout)
