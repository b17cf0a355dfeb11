"""The shared libraries that a tree needs, taken out of the toolchain that it was linked in.

All of them go into one folder, that of libc: the loader looks there without ld.so.cache, so a tree has none.
What a program opens by name while it runs is not in its ELF header: prove.py finds that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from beamwright.command import command
from beamwright.errors import BuildError
from beamwright.release import elf
from beamwright.release.elf import Elf
from beamwright.release.engine import Box

HINT = "name the Debian package that holds it in toolchain.packages, or ship it in the application's priv/"
MUSL = "it was built on musl, as in Alpine: build it on glibc, as in Debian"


@dataclass(frozen=True)
class Need:
    """A library that a file of the tree needs and the tree does not hold."""

    soname: str
    by: Elf

    def candidates(self) -> tuple[str, ...]:
        """Where the file itself says that the library is, in the toolchain."""
        return tuple(f"{folder}/{self.soname}" for folder in self.by.runpath if folder.startswith("/"))


def missing(tree: Path, libraries: Path) -> tuple[Need, ...]:
    """What the tree's ELF files still need, each soname once; `libraries` is its library folder."""
    needs: dict[str, Need] = {}
    for each in elf.find(tree):
        for soname in each.needed:
            if not _held(tree, libraries, each, soname):
                needs.setdefault(soname, Need(soname, each))
    return tuple(needs.values())


def architecture(tree: Path) -> str:
    """The one architecture of the tree's ELF files; BuildError that names a file of another."""
    files = elf.find(tree)
    emulator = next((each for each in files if each.path.name == "beam.smp"), None)
    if emulator is None:
        raise BuildError("the release's VM, beam.smp, is no program", hint="see whether the disk is full")
    for each in files:
        if each.architecture != emulator.architecture:
            name = each.path.relative_to(tree)
            raise BuildError(
                f"{name} is for {each.architecture}, the VM for {emulator.architecture}",
                hint="build it from its source in the project, or remove it from priv/",
            )
    return emulator.architecture


def close(box: Box, tree: Path) -> PurePosixPath:
    """Copies what is missing into the tree, until nothing is; the path of the library folder, from /.

    The tree is /tree in the box. BuildError names a library that the toolchain does not have either.
    """
    known = _known_libraries(box)
    if "libc.so.6" not in known:
        raise BuildError("the toolchain image has no glibc", hint="images on musl are not supported yet")
    folder = PurePosixPath(_real_folder(box, known["libc.so.6"]))
    libraries = tree / folder.relative_to("/")
    libraries.mkdir(parents=True)
    for loader in _loaders(box, tree, elf.find(tree)):
        (tree / loader[1:]).parent.mkdir(parents=True, exist_ok=True)
        _copy(box, [loader], f"/tree{loader}")
    while needs := missing(tree, libraries):
        found = [known.get(need.soname) or _search(box, tree, need) for need in needs]
        _copy(box, found, f"/tree{folder}")
    return folder


def _loaders(box: Box, tree: Path, files: Iterable[Elf]) -> tuple[str, ...]:
    """The loaders that start the files; BuildError for one that the toolchain does not have."""
    users = {each.loader: each for each in files if each.loader}
    for loader, user in sorted(users.items()):
        if not box.run(command("test", "-f", loader)).ok:
            raise BuildError(
                f"{user.path.relative_to(tree)} is started by {loader}, which the toolchain does not have",
                hint=MUSL
                if "ld-musl" in loader
                else "build it in the toolchain, or name an image that has it",
            )
    return tuple(sorted(users))


def _held(tree: Path, libraries: Path, user: Elf, soname: str) -> bool:
    """Whether the loader will find the library in the tree; the loader itself is a library too."""
    origin = str(user.path.parent)
    places = [Path(part.replace("${ORIGIN}", "$ORIGIN").replace("$ORIGIN", origin)) for part in user.runpath]
    inside = [place for place in places if place.resolve().is_relative_to(tree.resolve())]
    if any((place / soname).exists() for place in (libraries, *inside)):
        return True
    return soname.startswith("ld-") and any(tree.glob(f"lib*/{soname}"))


def _known_libraries(box: Box) -> dict[str, str]:
    """soname → path of every library that the toolchain's loader knows, those of its own machine first."""
    listed = box.run(command("ldconfig", "-p", PATH="/usr/sbin:/sbin:/usr/bin:/bin"), root=True)
    known: dict[str, str] = {}
    for line in listed.stdout.splitlines():
        name, arrow, path = line.partition(" => ")
        if arrow:
            known.setdefault(name.split()[0], path.strip())
    return known


def _real_folder(box: Box, path: str) -> str:
    """The folder of the file with no link in its path: /lib is one of /usr/lib on Debian."""
    return str(PurePosixPath(box.run(command("realpath", path)).stdout.strip()).parent)


def _search(box: Box, tree: Path, need: Need) -> str:
    """The library where the file that needs it says; BuildError when it is not there."""
    for candidate in need.candidates():
        if box.run(command("test", "-e", candidate)).ok:
            return candidate
    raise BuildError(
        f"{need.by.path.relative_to(tree)} needs {need.soname}, which the toolchain does not have",
        hint=MUSL if need.soname.startswith("libc.musl-") else HINT,
    )


def _copy(box: Box, paths: list[str], to: str) -> None:
    """Copies files of the toolchain into the tree, each under the name that it is asked for by."""
    copied = box.run(command("cp", "--dereference", "--", *paths, to), root=True)
    if not copied.ok:
        raise BuildError("the shared libraries could not be copied", detail=copied.tail())
