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
    **options: Any,
) -> Iterator[Future[Container]]:
    """A new container (options of the SDK's `containers.create`) that starts beside the block, after `after`.

    It is removed at the end of the block; with `auto_remove` a block that ends well only ends it, which the
    Engine takes a while for. The folders that it may write to are its own: what a killed build left behind
    would go on working in them, and is removed.
    """
    writes = {str(path.absolute()) for path, _, writable in mounts if path and writable}
    _remove_left_behind(client, writes)
    given: dict[str, Any] = {
        "labels": {**LABEL, WRITES: "\n".join(sorted(writes))},
        "mounts": binds(mounts),
        "tmpfs": {where: "exec,mode=1777" for path, where, _ in mounts if path is None},
    }
    made: list[Container] = []

    def start() -> Container:
        after()
        made.append(client.containers.create(image, **given, **options))
        made[0].start()
        return made[0]

    pool = ThreadPoolExecutor(1)
    try:
        started = pool.submit(start)
        yield started
        if options.get("auto_remove"):
            with held_back():
                # The Engine answers SIGKILL when all is over, and any other signal at once.
                started.result().kill("SIGTERM")
                made.clear()
    finally:
        with held_back():
            # One whose making is interrupted appears all the same.
            pool.shutdown()
            for each in made:
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
