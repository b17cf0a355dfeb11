"""Containers of a build: they start beside it, and go with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Any

import docker
from docker.errors import APIError
from docker.models.containers import Container
from docker.types import Mount as Bind

from beamwright.mount import Mount
from beamwright.toolchain.interrupts import held_back


class Starting:
    """A container that starts beside who asks for it, and is ended so: both by one thread, in their order."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._started = Future[Container]()
        self._ended: Future[None] | None = None

    def begin(self, start: Callable[[], Container]) -> None:
        """Begins to start it."""
        self._started = self._pool.submit(start)

    def result(self) -> Container:
        """Waits until it runs; raises what it failed of."""
        return self._started.result()

    def end(self) -> Future[None]:
        """Begins to end it, once: the result is there when the Engine has taken that over."""
        if self._ended is None:
            # The Engine answers SIGKILL when all is over, and any other signal at once.
            self._ended = self._pool.submit(lambda: self.result().kill("SIGTERM"))
        return self._ended

    def wait(self) -> None:
        """Waits for what it has begun."""
        self._pool.shutdown()


LABEL = {"beamwright": "build"}
"""On every container of a build, so that one that was left behind can be found."""

WRITES = "beamwright.writes"
"""The label that says, a line each, which folders here a container may write to."""


@contextmanager
def starting(
    client: docker.DockerClient,
    image: str,
    mounts: tuple[Mount, ...],
    after: Callable[[], object] = bool,
    made: Callable[[Container], object] = bool,
    **options: Any,
) -> Iterator[Starting]:
    """A new container (options of the SDK's `containers.create`) that starts beside the block, after `after`.

    `made` gets it before it starts. It is removed at the end of the block; with `auto_remove` a block that
    ends well only ends it, which the Engine takes a while for. The folders that it may write to are its own:
    what a killed build left behind would go on working in them, and is removed.
    """
    writes = {str(path.absolute()) for path, _, writable in mounts if path and writable}
    _remove_left_behind(client, writes)
    given: dict[str, Any] = {
        "labels": {**LABEL, WRITES: "\n".join(sorted(writes))},
        "mounts": binds(mounts),
        "tmpfs": {where: "exec,mode=1777" for path, where, _ in mounts if path is None},
    }
    there: list[Container] = []

    def start() -> Container:
        after()
        there.append(client.containers.create(image, **given, **options))
        made(there[0])
        there[0].start()
        return there[0]

    started = Starting()
    try:
        started.begin(start)
        yield started
        if options.get("auto_remove"):
            with held_back():
                started.end().result()
                there.clear()
    finally:
        with held_back():
            # One whose making is interrupted appears all the same.
            started.wait()
            for each in there:
                remove(each)


def _remove_left_behind(client: docker.DockerClient, folders: set[str]) -> None:
    """Removes the containers that may write to one of the folders."""
    for each in client.containers.list(all=True, filters={"label": WRITES}, ignore_removed=True):
        if folders & set(each.labels[WRITES].splitlines()):
            with suppress(APIError):
                remove(each)


def remove(container: Container) -> None:
    """Removes it, whatever it does; one that the Engine is removing already is as good as gone."""
    try:
        container.remove(force=True, v=True)
    except APIError as exc:
        if exc.status_code not in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
            raise


def binds(mounts: tuple[Mount, ...]) -> list[Bind]:
    """The mounts as the Engine's API has them: of what is not there it makes nothing, and starts nothing."""
    return [
        Bind(where, str(path.absolute()), type="bind", read_only=not writable)
        for path, where, writable in mounts
        if path
    ]
