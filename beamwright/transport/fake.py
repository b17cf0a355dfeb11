"""A machine that is not there: for tests, of users too."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from beamwright.command import Command, Result

Answer = str | int | Result | Exception


class FakeTarget:
    """Answers commands from a script and records them.

    `script` gets each Command and gives what it shall print (str), its exit code (int), a whole Result, or an
    exception to raise; without one every command succeeds and prints nothing. `commands` holds the commands
    that were run, `sent` the bytes that each of them was given on standard input.
    """

    def __init__(self, name: str, script: Callable[[Command], Answer] = lambda _: "") -> None:
        self.name = name
        self.commands: list[Command] = []
        self.sent: list[bytes] = []
        self.closed = False
        self._script = script

    def run(
        self,
        command: Command,
        *,
        timeout: float = 60.0,
        stdin: IO[bytes] | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Result:
        """Records the command and gives the script's answer."""
        self.commands.append(command)
        self.sent.append(stdin.read() if stdin else command.stdin)
        answer = self._script(command)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int):
            answer = Result(command, answer)
        if isinstance(answer, str):
            answer = Result(command, 0, answer)
        if on_line:
            for line in answer.stdout.splitlines():
                on_line(line)
        return answer

    def close(self) -> None:
        """Notes that the connection was ended."""
        self.closed = True
