"""This machine."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import IO

from beamwright.command import Command, Result
from beamwright.errors import UnreachableError
from beamwright.transport.lines import Collector

_CHUNK = 65536


class LocalTarget:
    """Runs commands as children of this process, without a shell.

    With `apart` they are in a session of their own: a Ctrl-C at the terminal is for this process alone.
    """

    def __init__(self, name: str = "localhost", apart: bool = False) -> None:
        self.name, self._apart = name, apart

    def run(
        self,
        command: Command,
        *,
        timeout: float = 60.0,
        stdin: IO[bytes] | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Result:
        """Runs the command; UnreachableError when the program is missing or the time is over."""
        try:
            process = subprocess.Popen(
                command.argv_exec(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=self._apart,
            )
        except OSError as exc:
            raise UnreachableError(f"{self.name}: {command.argv[0]}: {exc.strerror}") from exc
        out, err = Collector(on_line), Collector()
        threads = [
            threading.Thread(
                target=_feed, args=(process.stdin, stdin or BytesIO(command.stdin)), daemon=True
            ),
            threading.Thread(target=_drain, args=(process.stdout, out), daemon=True),
            threading.Thread(target=_drain, args=(process.stderr, err), daemon=True),
        ]
        for thread in threads:
            thread.start()
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired as exc:
            raise UnreachableError(f"{self.name}: no end after {timeout:g} s: {command}") from exc
        finally:
            process.kill()
            process.wait()
            for thread in threads:
                thread.join(timeout=5)
        return Result(command, code, out.finish(), err.finish())

    def close(self) -> None:
        """Nothing is kept open."""


def _feed(pipe: IO[bytes] | None, source: IO[bytes]) -> None:
    """Writes the source to the program; one that does not read to the end is no error."""
    assert pipe is not None
    with suppress(BrokenPipeError), pipe:
        shutil.copyfileobj(source, pipe, _CHUNK)


def _drain(pipe: IO[bytes] | None, collector: Collector) -> None:
    assert pipe is not None
    with pipe:
        for line in iter(pipe.readline, b""):
            collector.feed(line)
