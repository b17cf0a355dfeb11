"""What a context holds besides the source: other fleets, with what is theirs alone, and other projects."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from beamwright.fleet.model import Fleet, Project
from beamwright.fleet.private import secret_paths
from beamwright.fleet.resolve import real

_PASSED_BY = frozenset({".git", ".beamwright", "_build", "deps", "node_modules"})
"""Folders of tools, large and without a fleet or a project of this repository."""


def private(fleet: Fleet) -> tuple[Path, ...]:
    """The secrets of all fleets in the context, the artifacts of the others; none of it holds the source."""
    others = (path for path in _files(fleet.project.context, _is_toml) if real(path) != fleet.path)
    found = (*secret_paths(fleet.path), *(each for other in others for each in _of_fleet(other)))
    return tuple(path for path in found if not fleet.project.source.is_relative_to(path))


def _is_toml(name: str) -> bool:
    return name.endswith(".toml")


def _of_fleet(path: Path) -> tuple[Path, ...]:
    """What is a fleet's alone; nothing where the file is none of a fleet."""
    # A pipe would never end, and one that may not be looked at is none.
    found = secret_paths(path) if os.path.isfile(path) else ()  # noqa: PTH113
    return (*found, real(path).parent / "dist") if found else ()


def built(project: Project) -> tuple[str, ...]:
    """The `_build` of other projects, relative to the context: what another OTP compiled, for another libc.

    Those of the folders above the source are among them, which may be where it builds.
    """
    if project.source == project.context:
        return ()
    files = _files(project.context, lambda name: name in ("mix.exs", "rebar.config"))
    found = {file.parent.relative_to(project.context) for file in files}
    return tuple(
        sorted(str(each / "_build") for each in found.union(project.inside.parents) - {project.inside})
    )


def _files(context: Path, wanted: Callable[[str], bool]) -> Iterator[Path]:
    """The files in the context whose name is wanted."""
    for folder, folders, files in os.walk(context):
        folders[:] = sorted(set(folders) - _PASSED_BY)
        yield from (Path(folder, name) for name in files if wanted(name))
