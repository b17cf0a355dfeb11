"""The one edge between what is decided and a machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Protocol

from beamwright.command import Command, Result


class Target(Protocol):
    """A machine that runs commands: `SshTarget`, `LocalTarget`, `FakeTarget`."""

    @property
    def name(self) -> str:
        """The host's name in the fleet file."""

    def run(
        self,
        command: Command,
        *,
        timeout: float = 60.0,
        stdin: IO[bytes] | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Result:
        """Runs the command to its end and gives its Result, whatever its exit code.

        `timeout` is in seconds. `stdin` streams a file in instead of `command.stdin`; `on_line` gets each
        line of standard output as it comes. Raises UnreachableError when the machine can't be reached, the
        connection is lost or the time is over.
        """

    def close(self) -> None:
        """Ends the connection; calling it twice is fine."""
