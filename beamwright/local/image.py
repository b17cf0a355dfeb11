"""The image that container hosts are made of: Debian with systemd as process 1, sshd, sudo and podman."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import docker

from beamwright import resources
from beamwright.toolchain.bootstrap import Recipe, bootstrap

CHANGES = (
    'ENTRYPOINT ["/usr/lib/beamwright/boot"]',
    "ENV container=docker",
    # A machine's /opt is on a disk: an overlay links and syncs in another way, and more slowly. Nor can an
    # overlay hold those that podman keeps its images as.
    "VOLUME /opt /var/lib/containers",
)


def host_recipe(project: Path) -> Recipe:
    """The recipe of the host image: the project's own images/host/, or the built-in one."""
    return Recipe("beamwright-host", "bookworm", resources.find("images/host", project), changes=CHANGES)


def host_image(client: docker.DockerClient, project: Path, log: Callable[[str], None]) -> str:
    """The tag of the host image, which is made first where the Engine does not have it."""
    return bootstrap(client, host_recipe(project), log)
