"""A running container of the toolchain image: commands go in, exit codes and output come back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError
from docker.models.containers import Container

from beamwright.command import Command, Result
from beamwright.toolchain.interrupts import held_back

LABEL = {"beamwright": "build"}
"""On every container of a build, so that one that was left behind can be found."""

WRITES = "beamwright.writes"
"""The label of a box that says, a line each, which folders here it may write to."""

Mount = tuple[Path, str, bool]
"""A folder or file here, where it appears in the container, and whether it may be written to."""


class Box:
    """A container to run commands in; `user` is "uid:gid" of the ordinary user that compiles."""

    def __init__(self, client: docker.DockerClient, container: Container, user: str) -> None:
        self._api = client.api
        self._container = container
        self.user = user
        self.image = str(container.attrs["Image"])
        """The digest of the image that it runs, whatever its tag."""

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
            self._container.id,
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

    Without `network` it has the loopback only. A block that ends well does not wait for the Engine to remove
    it, which takes a while: the build goes on. The folders that it may write to are its own: what a killed
    build left behind would go on compiling in them, and is removed.
    """
    options: dict[str, Any] = {} if network else {"network_mode": "none"}
    writes = {str(path.absolute()) for path, _, writable in mounts if writable}
    _remove_left_behind(client, writes)
    with container(
        client,
        image,
        entrypoint=["sleep", "infinity"],
        init=True,
        volumes=volumes(mounts),
        labels={WRITES: "\n".join(sorted(writes))},
        auto_remove=True,
        **options,
    ) as made:
        made.start()
        yield Box(client, made, user)


def _remove_left_behind(client: docker.DockerClient, folders: set[str]) -> None:
    """Removes the boxes that may write to one of the folders."""
    for box in client.containers.list(all=True, filters={"label": WRITES}, ignore_removed=True):
        if folders & set(box.labels[WRITES].splitlines()):
            # One that the Engine is removing already is as good as gone.
            with suppress(APIError):
                box.remove(force=True, v=True)


@contextmanager
def container(
    client: docker.DockerClient, image: str, labels: dict[str, str] | None = None, **options: Any
) -> Iterator[Container]:
    """A new container (options of the SDK's `containers.create`), removed at the end of the block.

    With `auto_remove` a block that ends well only kills it, and the Engine removes it soon.
    """
    made: Container | None = None
    try:
        with held_back():
            made = client.containers.create(image, labels=LABEL | (labels or {}), **options)
        yield made
        if options.get("auto_remove"):
            with held_back():
                made.kill()
                made = None
    finally:
        if made is not None:
            with held_back():
                made.remove(force=True, v=True)


def volumes(mounts: tuple[Mount, ...]) -> list[str]:
    """The mounts as the Engine's API writes them: `/here:/there:ro`."""
    return [f"{path.absolute()}:{where}:{'rw' if writable else 'ro'}" for path, where, writable in mounts]


def _lines(chunks: Iterator[bytes]) -> Iterator[str]:
    """The lines of a stream that comes in pieces of any size."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line.decode(errors="replace").rstrip("\r") for line in whole)
    if rest:
        yield rest.decode(errors="replace")
