"""Where an artifact is made: a scratch folder in `dist/`, gone at the end, and errors that a person reads."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from beamwright.errors import BeamwrightError, BuildError, ConfigError
from beamwright.release.workshop import Log, Workshop

_FULL = 1_000_000
"""Bytes: a disk with less left is full."""


@contextmanager
def open_workshop(source: Path, dist: Path, cache: Path | None, log: Log) -> Iterator[Workshop]:
    """A workshop for the source with a scratch folder in `dist`, and for this process alone.

    `cache` outlives it; without one everything is made from cold. BuildError or ConfigError in words for
    whatever operation on files failed.
    """
    try:
        dist.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".build-", dir=dist) as name:
            scratch = Path(name)
            scratch.chmod(0o755)
            workshop = Workshop(source, cache or scratch / "cache", scratch)
            with workshop.alone(log), _told_when_full(scratch):
                yield workshop
    except OSError as exc:
        raise _explain(dist, exc) from exc


@contextmanager
def _told_when_full(scratch: Path) -> Iterator[None]:
    """Says that the disk is full when it is: whoever ran out of it said so in many ways, or not at all."""
    try:
        yield
    except (BuildError, OSError) as exc:
        if shutil.disk_usage(scratch).free > _FULL:
            raise
        place = scratch.parent
        raise BuildError(f"{place}: no space left on the disk", hint="free some, then build again") from exc


def _explain(dist: Path, exc: OSError) -> BeamwrightError:
    """What an operation on files failed of, in words."""
    if isinstance(exc, PermissionError):
        hint = "another user built here: give the folder to yourself"
        return ConfigError(f"{exc.filename}: {exc.strerror}", hint=hint)
    return BuildError(f"{exc.filename or dist}: {exc.strerror or exc}")
