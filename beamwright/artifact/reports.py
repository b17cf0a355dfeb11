"""The reports of earlier builds, which a build is compared with."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from beamwright.artifact.artifact import nothing
from beamwright.artifact.report import Report
from beamwright.errors import ConfigError

FILE = "report.json"

_COUNTER = re.compile(rb'"counter":([0-9]{1,18}),')
_HEAD = 4096
"""Bytes of a manifest that hold all but its files, which take longer to read than a build has to spare."""


def read(folder: Path) -> Report:
    """The report of the build in the folder; ConfigError when there is none, or it can't be read."""
    path = folder / FILE
    if not path.is_file():
        raise ConfigError(f"no build in {folder}: it holds no {FILE}", hint="beamwright build")
    try:
        return Report.from_json(path.read_bytes().decode("utf-8", "replace"), folder)
    except OSError as exc:
        raise ConfigError(f"{path}: {exc.strerror}", hint="give it to yourself, or build it again") from exc


def last(dist: Path, name: str) -> Report | None:
    """The report of what was built last in `dist`, whatever its version; None when nothing was."""
    for path in sorted(dist.glob(f"{name}-*/{FILE}"), key=_age, reverse=True):
        # A damaged one must not stop the build that replaces it.
        with suppress(ConfigError):
            if (report := read(path.parent)).name == name:
                return report
    return None


def _age(path: Path) -> tuple[int, int]:
    """What grows from build to build: the counter, as `find` has it; a copy changes the times of files."""
    head = b""
    with suppress(OSError), path.with_name("manifest.json").open("rb") as manifest:
        head = manifest.read(_HEAD)
    counter = _COUNTER.search(head)
    return int(counter[1]) if counter else 0, path.stat().st_mtime_ns


def newest(dist: Path, name: str) -> Report:
    """The report of what was built last in `dist`; ConfigError when nothing was, or no report can be read."""
    if (report := last(dist, name)) is None:
        for damaged in sorted(dist.glob(f"{name}-*/{FILE}")):
            read(damaged.parent)
        raise nothing(dist, name)
    return report


def named(dist: Path, name: str, build: str) -> Report:
    """The report of a build that somebody named: its folder, or a version in `dist`; ConfigError."""
    folder = dist / f"{name}-{build}"
    if not (folder / FILE).is_file() and not Path(build).is_dir():
        there = [path.parent.name.removeprefix(f"{name}-") for path in dist.glob(f"{name}-*/{FILE}")]
        raise ConfigError(
            f"no build {build} of {name}: neither a folder nor a version in {dist}",
            hint=f"there is {', '.join(sorted(there))}" if there else "beamwright build",
        )
    return read(folder if (folder / FILE).is_file() else Path(build))


def locate(dist: Path, name: str, build: str) -> Path:
    """The folder of the build that somebody named, else of the newest; ConfigError when there is none.

    A folder is taken as it is, whatever is in it.
    """
    if build and Path(build).is_dir():
        return Path(build)
    return (named(dist, name, build) if build else newest(dist, name)).folder


def earlier(dist: Path, name: str, against: str) -> Report | None:
    """What a build is compared with: the one that was named, else the last one, if there is any."""
    return named(dist, name, against) if against else last(dist, name)
