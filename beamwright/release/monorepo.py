"""What a context holds besides the source: other fleets, with what is theirs alone, and other projects."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

from beamwright.fleet.model import Fleet, Project
from beamwright.fleet.resolve import locate

_PASSED_BY = frozenset({".git", ".beamwright", "_build", "deps", "node_modules"})
"""Folders of tools, large and without a fleet or a project of this repository."""


def private(fleet: Fleet) -> tuple[Path, ...]:
    """The secrets and the artifacts of the other fleets in the context, unless the source is in them."""
    context, source = fleet.project.context, fleet.project.source
    others = (folder / "fleet.toml" for folder in _having(context, {"fleet.toml"}))
    found = (
        path for other in others if other != fleet.path for path in (_secrets(other), other.parent / "dist")
    )
    return tuple(path for path in found if not source.is_relative_to(path))


def built(project: Project) -> tuple[str, ...]:
    """The `_build` of other projects, relative to the context: what another OTP compiled, for another libc.

    Those of the folders above the source are among them, which may be where it builds.
    """
    if project.source == project.context:
        return ()
    found = {
        folder.relative_to(project.context)
        for folder in _having(project.context, {"mix.exs", "rebar.config"})
    }
    return tuple(
        sorted(str(each / "_build") for each in found.union(project.inside.parents) - {project.inside})
    )


def _having(context: Path, names: set[str]) -> Iterator[Path]:
    """The folders that have a file of one of these names."""
    for folder, folders, files in os.walk(context):
        folders[:] = sorted(set(folders) - _PASSED_BY)
        if not names.isdisjoint(files):
            yield Path(folder)


def _secrets(path: Path) -> Path:
    """The folder that this fleet.toml names; the default's where it can't be read."""
    try:
        named = tomllib.loads(path.read_text("utf-8")).get("secrets")
    except (OSError, ValueError):
        named = None
    return locate(path.parent, named if isinstance(named, str) else "secrets")
