"""The Docker Engine as the build sees it: an image of compilers, boxes to run them in, trees to boot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import docker

from beamwright.command import Command, Result
from beamwright.mount import Mount
from beamwright.toolchain import connect, here, image
from beamwright.toolchain.bootstrap import Log
from beamwright.toolchain.box import Box, open_box
from beamwright.toolchain.connect import told_when_it_breaks
from beamwright.toolchain.scratch import Ended, in_tree


class Engine:
    """A connection to the Docker Engine; `client` is its SDK, for what this class does not offer."""

    def __init__(self, client: docker.DockerClient) -> None:
        self.client = client

    @classmethod
    def connect(cls) -> Engine:
        """Connects to DOCKER_HOST, or to the local socket; ConfigError when nothing answers."""
        return cls(connect.connect())

    def toolchain(self, base: str | None, packages: tuple[str, ...], log: Log) -> str:
        """The tag of the toolchain image, made first where it is missing (see image.py)."""
        with told_when_it_breaks():
            return image.make(self.client, base, packages, log)

    @contextmanager
    def box(
        self,
        image: str,
        mounts: tuple[Mount, ...],
        user: str,
        *,
        network: bool,
        first: Command | None = None,
    ) -> Iterator[Box]:
        """A container to run commands in as `user` ("uid:gid"); removed at the end, come what may.

        It starts beside the block, with the program `first` where one is given. Without `network` there is
        only the loopback.
        """
        with told_when_it_breaks(), open_box(self.client, image, mounts, user, network, first) as box:
            yield box

    def here(self, command: Command) -> Result:
        """Runs a program of this machine to its end; ConfigError when it is not installed."""
        return here.run(command)

    @contextmanager
    def in_tree(
        self,
        mounts: tuple[Mount, ...],
        argv: tuple[str, ...],
        env: dict[str, str],
        after: Callable[[], object] = bool,
    ) -> Iterator[Ended]:
        """Runs a program with nothing but the mounted files and no network, beside the block.

        It begins once `after` has returned. What it yields waits so many seconds for the program's end: exit
        code, TOO_LONG when it has not ended, and output.
        """
        with told_when_it_breaks(), in_tree(self.client, mounts, argv, env, after) as ended:

            def told(seconds: float) -> tuple[int, str]:
                with told_when_it_breaks():
                    return ended(seconds)

            yield told
