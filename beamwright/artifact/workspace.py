"""Where an artifact is made: a scratch folder in `dist/`, gone at the end, and errors that a person reads."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from beamwright.errors import BeamwrightError, BuildError, ConfigError
from beamwright.release.engine import Log
from beamwright.release.workshop import Workshop

_PREFIX = ".build-"
_FULL = 8_000_000
"""Bytes: a disk with less left is full; whoever fails to write a file takes away the part that he wrote."""


@contextmanager
def open_workshop(context: Path, dist: Path, cache: Path | None, log: Log) -> Iterator[Workshop]:
    """A workshop for the context with a scratch folder in `dist`, and for this process alone.

    `cache` outlives it; without one everything is made from cold. BuildError or ConfigError in words for
    whatever operation on files failed.
    """
    try:
        dist.mkdir(parents=True, exist_ok=True)
        with _scratch(dist) as scratch:
            scratch.chmod(0o755)
            workshop = Workshop(context, cache or scratch / "cache", scratch)
            with _told_when_full(dist, workshop.cache), workshop.alone(log):
                yield workshop
    except OSError as exc:
        raise _explain(dist, exc) from exc


@contextmanager
def _scratch(dist: Path) -> Iterator[Path]:
    """A folder in `dist`, locked while this process lives; what killed builds have left there goes first."""
    with ExitStack() as held:
        with _locked(dist):
            for left in dist.glob(f"{_PREFIX}*"):
                with suppress(BlockingIOError), _locked(left, fcntl.LOCK_NB):
                    shutil.rmtree(left, ignore_errors=True)
            scratch = Path(held.enter_context(tempfile.TemporaryDirectory(prefix=_PREFIX, dir=dist)))
            held.enter_context(_locked(scratch))
        yield scratch


@contextmanager
def _locked(folder: Path, how: int = 0) -> Iterator[None]:
    """Holds the lock of a folder (flock(2)), which the kernel lets go when a process is killed."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | how)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _told_when_full(*places: Path) -> Iterator[None]:
    """Says that a disk is full when it is: whoever ran out of it said so in many ways, or not at all."""
    try:
        yield
    except (BuildError, OSError) as exc:
        for place in places:
            if shutil.disk_usage(_there(place)).free < _FULL:
                raise _full(place, exc) from exc
        raise


def _there(place: Path) -> Path:
    """The place, or what there is on the way to it."""
    return next(each for each in (place, *place.parents) if each.exists())


def _full(place: Path, exc: BuildError | OSError) -> BuildError:
    detail = exc.detail or exc.message if isinstance(exc, BuildError) else exc.strerror or ""
    return BuildError(
        f"{place}: no space left on the disk", hint="free some, then build again", detail=detail
    )


def _explain(dist: Path, exc: OSError) -> BeamwrightError:
    """What an operation on files failed of, in words."""
    if exc.errno == errno.ENOSPC:
        return _full(dist, exc)
    if isinstance(exc, PermissionError):
        hint = "another user built here: give the folder to yourself"
        return ConfigError(f"{exc.filename}: {exc.strerror}", hint=hint)
    if isinstance(exc, FileExistsError | NotADirectoryError):
        return ConfigError(f"{exc.filename}: there is a file where a folder has to be", hint="move it away")
    return BuildError(f"{exc.filename or dist}: {exc.strerror or exc}")
