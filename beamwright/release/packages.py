"""The Debian packages that the parts of a tree came from: asked of the toolchain, and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from beamwright import resources
from beamwright.command import command
from beamwright.errors import BuildError
from beamwright.release.engine import Box

SCRIPT = "images/compile/packages.sh"


@dataclass(frozen=True)
class Package:
    """A package of a distribution, with the source package that it was built from; `licences` are names."""

    name: str
    version: str
    arch: str
    source: str
    source_version: str
    licences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Packages:
    """Of which package each file (by its path in the tree) and application (`stdlib-6.2`) is.

    `distribution` is the id of os-release(5), `codename` that of its version; both empty where the toolchain
    is of no packages.
    """

    distribution: str = ""
    codename: str = ""
    owners: Mapping[str, Package] = field(default_factory=dict)


def find(box: Box, tree: Path, erts: str | None, kept: Path) -> Packages:
    """The packages of what is in the tree; `kept` is a file that outlives the build.

    `erts` is None when OTP is none of the toolchain's own: another one may have the same versions.

    What is kept there counts when the same was asked of the same image by the same script.
    """
    asked = wanted(tree, erts)
    script = hashlib.sha256(resources.find(SCRIPT).read_bytes()).hexdigest()
    question = hashlib.sha256("\n".join((box.image, script, *asked)).encode()).hexdigest()
    if kept.is_file():
        first, _, answer = kept.read_text("utf-8").partition("\n")
        if first == question:
            return parse(answer)
    told = box.run(command("sh", "/compile/packages.sh", *asked))
    if not told.ok:
        raise BuildError("the toolchain does not tell its packages", detail=told.tail())
    # Whole or not at all, whatever ends this process.
    beside = kept.with_name(f".{kept.name}")
    beside.write_text(f"{question}\n{told.stdout}", "utf-8")
    beside.rename(kept)
    return parse(told.stdout)


def wanted(tree: Path, erts: str | None) -> tuple[str, ...]:
    """What there is to ask for: every application, and every file that is not ours."""
    if erts is None:
        return native_files(tree)
    applications = [path.name for path in (tree / "app/lib").iterdir()]
    return tuple(sorted((f"erts-{erts}", *applications, *native_files(tree))))


def native_files(tree: Path) -> tuple[str, ...]:
    """The files outside of /app that are not ours: libraries, programs and data, sorted by path."""
    ours = {f"bin/{path.stem}" for path in (tree / "app/releases").glob("*/*.rel")}
    skeleton = resources.find("images/tree")
    folders = (path for path in tree.iterdir() if path.name != "app" and not path.is_symlink())
    paths = (path for folder in folders for path in folder.rglob("*"))
    files = (path for path in paths if path.is_file() and not path.is_symlink())
    names = sorted(path.relative_to(tree).as_posix() for path in files)
    return tuple(
        name
        for name in names
        if name not in ours and not name.startswith("bin/loaded/") and not (skeleton / name).exists()
    )


def parse(text: str) -> Packages:
    """What packages.sh prints."""
    distribution = codename = ""
    packages: dict[str, Package] = {}
    owners: dict[str, str] = {}
    for line in text.splitlines():
        match line.split("\t"):
            case ["distribution", distribution, codename]:
                pass
            case ["from", asked, name]:
                owners[asked] = name
            case ["package", name, version, arch, source, source_version]:
                packages[name] = Package(name, version, arch, source, source_version)
            case ["licence", name, licence]:
                packages[name] = replace(packages[name], licences=(*packages[name].licences, licence))
    return Packages(distribution, codename, {asked: packages[name] for asked, name in owners.items()})
