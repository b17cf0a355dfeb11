"""Runs a finished tree with nothing else around it: an empty image, the tree mounted, no network."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import docker
from docker.errors import ImageNotFound
from docker.models.containers import Container
from requests.exceptions import ConnectionError, ReadTimeout

from beamwright.toolchain.container import Mount, starting

IMAGE = "beamwright-scratch:tmp"
SECONDS = 300
TOO_LONG = 124
"""The exit code of timeout(1)."""

Ended = Callable[[], tuple[int, str]]
"""Waits for a program's end: its exit code, and what it printed."""


@contextmanager
def in_tree(
    client: docker.DockerClient,
    mounts: tuple[Mount, ...],
    argv: tuple[str, ...],
    env: dict[str, str],
    after: Callable[[], object] = bool,
) -> Iterator[Ended]:
    """Runs argv as nobody (uid 65534) beside the block, which is its end, once `after` has returned.

    What is waited for and has not ended within SECONDS is ended: a NIF that waits as it is loaded would wait
    for ever. /dev, /proc and a writable /tmp are the Engine's.
    """
    with starting(
        client,
        _empty_image(client),
        (*mounts, (None, "/tmp", True)),
        after,
        command=list(argv),
        environment=env,
        network_mode="none",
        user="65534:65534",
    ) as started:
        yield lambda: _ended(started)


def _ended(started: Future[Container]) -> tuple[int, str]:
    container = started.result()
    try:
        code = container.wait(timeout=SECONDS)["StatusCode"]
    except (ReadTimeout, ConnectionError):
        return TOO_LONG, f"{_output(container)}it has not ended within {SECONDS} seconds"
    return code, _output(container)


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
