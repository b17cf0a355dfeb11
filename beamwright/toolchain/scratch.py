"""Runs a finished tree with nothing else around it: an empty image, the tree mounted, no network."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import docker
from docker.errors import ImageNotFound
from docker.models.containers import Container

from beamwright.command import TOO_LONG
from beamwright.mount import Mount
from beamwright.toolchain.container import Starting, remove, starting

IMAGE = "beamwright-scratch:tmp"
LONGEST = 3600
"""Seconds that no program runs for here, which may wait for a compiler first; after them the Engine hangs."""

Ended = Callable[[float], tuple[int, str]]
"""Waits so many seconds for a program's end: its exit code or TOO_LONG, and what it has printed."""


@contextmanager
def in_tree(
    client: docker.DockerClient,
    mounts: tuple[Mount, ...],
    argv: tuple[str, ...],
    env: dict[str, str],
    after: Callable[[], object] = bool,
) -> Iterator[Ended]:
    """Runs argv as nobody (uid 65534) beside the block, which is its end, once `after` has returned.

    /dev, /proc and a writable /tmp are the Engine's.
    """
    with (
        ThreadPoolExecutor(1) as pool,
        starting(
            client,
            _empty_image(client),
            (*mounts, (None, "/tmp", True)),
            after,
            command=list(argv),
            environment=env,
            network_mode="none",
            user="65534:65534",
        ) as started,
    ):
        told = pool.submit(_told, started)

        def ended(seconds: float) -> tuple[int, str]:
            try:
                return told.result(seconds)
            except TimeoutError:
                return TOO_LONG, _output(started.result())

        yield ended


def _told(started: Starting) -> tuple[int, str]:
    """What is told of its end, and the container is gone: as a rule before somebody waits for either."""
    container = started.result()
    code = container.wait(timeout=LONGEST)["StatusCode"]
    printed = _output(container)
    remove(container)
    return code, printed


def _output(container: Container) -> str:
    """What it has printed so far."""
    return container.logs().decode(errors="replace")


def _empty_image(client: docker.DockerClient) -> str:
    """The tag of an image without a file, imported once; it has the folder /tmp."""
    try:
        client.images.get(IMAGE)
    except ImageNotFound:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            folder = tarfile.TarInfo("tmp")
            folder.type = tarfile.DIRTYPE
            # What is mounted there takes over the mode.
            folder.mode = 0o1777
            archive.addfile(folder)
        answer = client.api.import_image_from_data(buffer.getvalue())
        client.api.tag(json.loads(answer.splitlines()[-1])["status"], IMAGE)
    return IMAGE
