"""Runs a finished tree with nothing else around it: an empty image, the tree mounted, no network."""

from __future__ import annotations

import io
import json
import tarfile

import docker
from docker.errors import ImageNotFound
from docker.models.containers import Container
from requests.exceptions import ConnectionError, ReadTimeout

from beamwright.toolchain.box import Mount, container, volumes

IMAGE = "beamwright-scratch:tmp"
SECONDS = 300
TOO_LONG = 124
"""The exit code of timeout(1)."""


def run_tree(
    client: docker.DockerClient, mounts: tuple[Mount, ...], argv: tuple[str, ...], env: dict[str, str]
) -> tuple[int, str]:
    """Runs argv as nobody (uid 65534) to its end: exit code, and what it printed.

    What has not ended within SECONDS is ended: a NIF that waits as it is loaded would wait for ever.
    /dev, /proc and a writable /tmp are the Engine's.
    """
    with container(
        client,
        _empty_image(client),
        command=list(argv),
        environment=env,
        network_mode="none",
        user="65534:65534",
        tmpfs={"/tmp": "mode=1777"},
        volumes=volumes(mounts),
    ) as made:
        made.start()
        try:
            code = made.wait(timeout=SECONDS)["StatusCode"]
        except (ReadTimeout, ConnectionError):
            return TOO_LONG, f"{_output(made)}it has not ended within {SECONDS} seconds"
        return code, _output(made)


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
