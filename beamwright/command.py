"""What to run, as a value; the one place that quotes.

A builder returns a Command, a Target runs it and gives back a Result. A Secret among the arguments shows
as `***` wherever the command is shown, and is in the clear only in `Command.argv_clear()`.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field

TOO_LONG = 124
"""The exit code of a program that has not ended in time, as timeout(1) has it."""


class Secret:
    """A value that is never shown; two secrets are equal when their values are, never by their mask."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value in the clear, for the one place that hands it on."""
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(("Secret", self._value))

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"


@dataclass(frozen=True)
class Command:
    """A program with its arguments, and what it reads on standard input.

    `argv[0]` is the program; `stdin` is bytes, never shown. `env` is added to the program's environment.
    """

    argv: tuple[str | Secret, ...]
    stdin: bytes = field(default=b"", repr=False)
    env: tuple[tuple[str, str], ...] = ()

    def argv_clear(self) -> tuple[str, ...]:
        """The arguments with secrets revealed, to hand to exec."""
        return tuple(arg.reveal() if isinstance(arg, Secret) else arg for arg in self.argv)

    def argv_exec(self) -> tuple[str, ...]:
        """The same with `env` as exec takes it: through env(1), when there is any."""
        pairs = tuple(f"{key}={value}" for key, value in self.env)
        return ("env", *pairs, *self.argv_clear()) if pairs else self.argv_clear()

    def shell(self) -> str:
        """One line for a POSIX shell, every word quoted (shlex.quote)."""
        words = [f"{key}={shlex.quote(value)}" for key, value in self.env]
        words += [shlex.quote(arg) for arg in self.argv_clear()]
        return " ".join(words)

    def __str__(self) -> str:
        return shlex.join(str(arg) for arg in self.argv)


def command(*argv: str | Secret, stdin: bytes = b"", **env: str) -> Command:
    """A Command from plain words: `command("systemctl", "is-active", unit)`."""
    return Command(tuple(argv), stdin, tuple(env.items()))


@dataclass(frozen=True)
class Result:
    """How a command ended: exit code, standard output and error as text (UTF-8, bad bytes replaced)."""

    command: Command
    exit_code: int
    stdout: str = ""
    stderr: str = ""

    @property
    def ok(self) -> bool:
        """Whether the exit code is 0."""
        return self.exit_code == 0

    def tail(self, lines: int = 20) -> str:
        """The last lines of what it printed, error first."""
        text = (self.stderr.rstrip() + "\n" + self.stdout.rstrip()).strip()
        return "\n".join(text.splitlines()[-lines:])
