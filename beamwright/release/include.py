"""Files of the project that go into the tree beside the release: `[artifact] include`.

`include = ["ops/ca.pem"]` puts that file, from the folder of fleet.toml, to /app/ops/ca.pem; a folder goes
with all that is in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from beamwright.errors import BuildError, ConfigError
from beamwright.fleet.resolve import real

KEY = "artifact.include"


def find(folder: Path, include: tuple[str, ...], private: Collection[Path]) -> dict[str, Path]:
    """The files by their path in the tree, links followed; ConfigError for what can't or may not be shipped.

    `folder` is that of fleet.toml, `private` are files and folders that stay here.
    """
    kept = [real(each) for each in private]
    return {
        f"app/{path.relative_to(folder)}": path for each in include for path in _files(folder, each, kept)
    }


def join(release: Mapping[str, Path], included: Mapping[str, Path]) -> dict[str, Path]:
    """All files of the tree; BuildError when one of the release's would be overwritten."""
    if both := sorted(release.keys() & included.keys()):
        raise BuildError(f"{KEY}: the release has a file {both[0]} already", hint="call yours otherwise")
    return {**release, **included}


def _files(folder: Path, included: str, private: Collection[Path]) -> Iterator[Path]:
    start = folder / included
    if not start.exists():
        raise ConfigError(
            f"{KEY}: there is no {included} in {folder}", hint="paths start at fleet.toml's folder"
        )
    home = real(folder)
    for path in (start, *sorted(start.rglob("*"))) if start.is_dir() else (start,):
        name = path.relative_to(folder)
        place = real(path)
        if not place.is_relative_to(home):
            raise ConfigError(f"{KEY}: {name} is a link out of {folder}", hint="put the file itself there")
        if any(place.is_relative_to(each) for each in private):
            raise ConfigError(f"{KEY}: {name} is not to be shipped", hint="name what you want of the folder")
        if path.is_file():
            yield path
        elif not path.is_dir() or path.is_symlink():
            raise ConfigError(f"{KEY}: {name} is neither a file nor a folder", hint="remove it")
