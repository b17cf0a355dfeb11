"""What a build asks of the container engine: an image of compilers, boxes to run them in, trees to boot."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from beamwright.command import Command, Result
from beamwright.mount import Mount

Log = Callable[[str], None]


class Box(Protocol):
    """A running container (beamwright.toolchain.box.Box)."""

    @property
    def image(self) -> str:
        """The digest of the image that it runs, whatever its tag."""
        ...

    def ready(self) -> None:
        """Waits until it runs."""
        ...

    def run(
        self, command: Command, *, folder: str = "/", root: bool = False, log: Log | None = None
    ) -> Result:
        """Runs the command as the builder, or as root; all its output is in `Result.stdout`."""
        ...


class OwnBox(Box, Protocol):
    """A box as its owner sees it."""

    def first(self, log: Log) -> Result:
        """Waits for the end of the program that it was begun with, as `run` does."""
        ...

    def end(self) -> object:
        """Begins to end it beside whoever asks: no more commands come."""
        ...


class Engine(Protocol):
    """What makes boxes (beamwright.toolchain.Engine)."""

    def toolchain(self, base: str | None, packages: tuple[str, ...], log: Log) -> str:
        """The tag of the toolchain image, made where it is missing."""
        ...

    def box(
        self,
        image: str,
        mounts: tuple[Mount, ...],
        user: str,
        *,
        network: bool,
        first: Command | None = None,
    ) -> AbstractContextManager[OwnBox]:
        """A container of the image, removed at the end of the block; it begins with `first`, as root."""
        ...

    def here(self, command: Command) -> Result:
        """Runs a program of this machine, outside of any box; ConfigError when it is not installed."""
        ...

    def in_tree(
        self,
        mounts: tuple[Mount, ...],
        argv: tuple[str, ...],
        env: dict[str, str],
        after: Callable[[], object] = bool,
    ) -> AbstractContextManager[Callable[[float], tuple[int, str]]]:
        """Runs a program with nothing but the mounted files beside the block, once `after` has returned.

        What it yields waits so many seconds for the program's end: exit code, TOO_LONG when it has not
        ended, and output.
        """
        ...
