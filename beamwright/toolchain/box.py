"""A running container of the toolchain image: commands go in, exit codes and output come back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import docker
from docker.models.containers import Container

from beamwright.command import Command, Result
from beamwright.mount import Mount
from beamwright.toolchain.container import starting


class Box:
    """A container to run commands in; `started` waits for it, `user` is "uid:gid" of who compiles."""

    def __init__(self, client: docker.DockerClient, started: Callable[[], Container], user: str) -> None:
        self._api = client.api
        self._started = started
        self.user = user

    @property
    def image(self) -> str:
        """The digest of the image that it runs, whatever its tag."""
        return str(self._started().attrs["Image"])

    def ready(self) -> None:
        """Waits until it runs."""
        self._started()

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
            # The SDK leaves this to its caller and has no public name for it; a socket would stay open.
            stream._response.close()  # type: ignore[attr-defined]
        code = self._api.exec_inspect(job["Id"])["ExitCode"]
        return Result(command, code, "\n".join(lines))


@contextmanager
def open_box(
    client: docker.DockerClient,
    image: str,
    mounts: tuple[Mount, ...],
    user: str,
    network: bool,
) -> Iterator[Box]:
    """A Box that idles until commands come; its container goes when the block ends or is interrupted.

    It starts beside the block, and commands wait for it. Without `network` it has the loopback only.
    """
    with starting(
        client,
        image,
        mounts,
        entrypoint=["sleep", "infinity"],
        init=True,
        auto_remove=True,
        network_mode="default" if network else "none",
    ) as started:
        yield Box(client, started.result, user)


def _lines(chunks: Iterator[bytes]) -> Iterator[str]:
    """The lines of a stream that comes in pieces of any size."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line.decode(errors="replace").rstrip("\r") for line in whole)
    if rest:
        yield rest.decode(errors="replace")
