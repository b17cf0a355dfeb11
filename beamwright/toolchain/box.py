"""A running container of the toolchain image: commands go in, exit codes and output come back."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import docker
from docker.errors import DockerException
from docker.models.containers import Container

from beamwright.command import Command, Result
from beamwright.mount import Mount
from beamwright.toolchain.container import starting

_FIRST = 'exec 2>&1; "$@"; echo "$0 $?"; exec sleep infinity'
"""Runs a program, ends its output with a word of the box's own and its exit code, and idles. In a shell."""


class First:
    """The program that a box starts with, as root: it is spared the start of another in a box that runs."""

    def __init__(self, api: docker.APIClient, command: Command) -> None:
        self._api = api
        self._command = command
        self._mark = secrets.token_hex(16)
        self._stream: Any = None

    @property
    def entrypoint(self) -> list[str]:
        """What the container runs."""
        return ["sh", "-c", _FIRST, self._mark, *self._command.argv_exec()]

    def attach(self, container: Container) -> None:
        """Listens to the container, which has not started yet."""
        self._stream = self._api.attach(str(container.id), stream=True)

    def ended(self, log: Callable[[str], None]) -> Result:
        """Waits for its end; `log` gets each line of its output as it comes."""
        lines = []
        try:
            for line in _lines(self._stream):
                # A list of the box's processes has the word too, without an exit code after it.
                end = re.fullmatch(rf"(.*){self._mark} ([0-9]{{1,3}})", line)
                text = end[1] if end else line
                if text or not end:
                    lines.append(text)
                    log(text)
                if end:
                    return Result(self._command, int(end[2]), "\n".join(lines))
        finally:
            _close(self._stream)
        raise DockerException("the container has ended before its program")


class Box:
    """A container to run commands in; `started` waits for it, `user` is "uid:gid" of who compiles.

    `first` is the program that it starts with, `end` begins to end it.
    """

    def __init__(
        self,
        client: docker.DockerClient,
        started: Callable[[], Container],
        user: str,
        first: First | None = None,
        end: Callable[[], object] = bool,
    ) -> None:
        self._api = client.api
        self._started = started
        self._first = first
        self.user = user
        self.end = end

    @property
    def image(self) -> str:
        """The digest of the image that it runs, whatever its tag."""
        return str(self._started().attrs["Image"])

    def ready(self) -> None:
        """Waits until it runs."""
        self._started()

    def first(self, log: Callable[[str], None]) -> Result:
        """Waits for the end of the program that it was begun with; `log` and result are those of `run`."""
        self._started()
        assert self._first
        return self._first.ended(log)

    def run(
        self,
        command: Command,
        *,
        folder: str = "/",
        root: bool = False,
        log: Callable[[str], None] | None = None,
    ) -> Result:
        """Runs the command in `folder` to its end; `log` gets each line of its output as it comes.

        Standard output and error both arrive in `Result.stdout`, in the order in which they were written.
        """
        job = self._api.exec_create(
            self._started().id,
            list(command.argv_clear()),
            user="0:0" if root else self.user,
            workdir=folder,
            environment=dict(command.env),
        )
        lines = []
        stream = self._api.exec_start(job["Id"], stream=True)
        try:
            for line in _lines(stream):
                lines.append(line)
                if log is not None:
                    log(line)
        finally:
            _close(stream)
        code = self._api.exec_inspect(job["Id"])["ExitCode"]
        return Result(command, code, "\n".join(lines))


@contextmanager
def open_box(
    client: docker.DockerClient,
    image: str,
    mounts: tuple[Mount, ...],
    user: str,
    network: bool,
    first: Command | None = None,
) -> Iterator[Box]:
    """A Box that idles until commands come; its container goes when the block ends or is interrupted.

    With `first` it runs that before, as root (`Box.first`). It starts beside the block, and commands wait for
    it. Without `network` it has the loopback only.
    """
    program = First(client.api, first) if first else None
    with starting(
        client,
        image,
        mounts,
        made=program.attach if program else bool,
        entrypoint=program.entrypoint if program else ["sleep", "infinity"],
        user="0:0",
        working_dir="/",
        init=True,
        # A program of the user's own image makes nobody root, who alone may look into the source.
        security_opt=["no-new-privileges:true"],
        auto_remove=True,
        network_mode="default" if network else "none",
    ) as started:
        yield Box(client, started.result, user, program, started.end)


def _lines(chunks: Iterator[bytes]) -> Iterator[str]:
    """The lines of a stream that comes in pieces of any size."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line.decode(errors="replace").rstrip("\r") for line in whole)
    if rest:
        yield rest.decode(errors="replace")


def _close(stream: Any) -> None:
    """The SDK leaves this to its caller and has no public name for it; a socket would stay open."""
    stream._response.close()
