"""What applications say of themselves: what they need, and under which licences they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from beamwright.release.terms import Term, consult, proplist, words


@dataclass(frozen=True)
class About:
    """`needs` are the names of applications; `licences` as they are written there, often none."""

    needs: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()


def application(folder: Path) -> About:
    """What the .app file of an application's folder says; nothing where there is none that can be read."""
    for path in (folder / "ebin").glob("*.app"):
        match _terms(path):
            case [("application", _, keys)]:
                found = proplist(keys)
                needs = *words(found.get("applications")), *words(found.get("included_applications"))
                return About(needs, words(found.get("licenses")))
    return About()


def hex_licences(mirror: Path, name: str) -> tuple[str, ...]:
    """The licences that a package of hex came with; `mirror` is where the project was compiled."""
    for folder in dependency_folders(mirror, name):
        metadata = folder / "hex_metadata.config"
        if metadata.is_file():
            # hex_core writes a term for each pair, without a list around them.
            return words(proplist(_terms(metadata)).get("licenses"))
    return ()


def dependency_folders(mirror: Path, name: str) -> Iterator[Path]:
    """Where mix and rebar3 put the source of a dependency, if they did."""
    for folder in (mirror / "deps" / name, *sorted(mirror.glob(f"_build/*/lib/{name}"))):
        if folder.is_dir():
            yield folder


def _terms(path: Path) -> list[Term]:
    """The terms of a file; none when it holds what we can't read: it is no reason to end a build."""
    try:
        return consult(path.read_text("utf-8"))
    except (OSError, ValueError):
        return []
