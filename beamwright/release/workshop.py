"""Where a release is made: a running container of the toolchain image and the folders mounted into it.

The container sees

    /sealed/source   the project's context, its source most often, read-only; for root alone: it has secrets
    /sealed/mirror   what is known of its mirror, kept as long as that
    /project         a mirror of it, kept between builds with _build and deps
    /home            the builder's home, kept between builds: ~/.mix, ~/.hex, ~/.cache/rebar3
    /node            where beamwright_node is compiled, kept between builds
    /release         the assembled release; in memory where the last one was small, and then
    /kept            is where it stays for the next build
    /boot            what becomes of its boot script
    /tree            the tree's native part in the making: programs, libraries, what they read
    /compile         images/compile: the scripts that run here
    /beamwright_node its source
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from beamwright import resources
from beamwright.command import command
from beamwright.mount import Mount
from beamwright.release.engine import Box, Log
from beamwright.release.files import size_of
from beamwright.release.store import Store

SMALL = 100_000_000
"""Bytes of a release that is assembled in memory, not to write all of it to the disk each time."""

BUILDER = 1000
"""Who compiles when root asks for a build: nothing of the project runs as root."""


@dataclass(frozen=True)
class Workshop:
    """The folders of one build: `context` is the user's, `cache` outlives the build, `scratch` does not."""

    context: Path
    cache: Path
    scratch: Path

    @property
    def release(self) -> Path:
        """Where a compiled release appears: that of the last build becomes that of this one."""
        return self.cache / "release"

    @property
    def unpacked(self) -> Path:
        """Where a release appears that somebody else has compiled."""
        return self.scratch / "release"

    @property
    def tree(self) -> Path:
        """The tree: that of the last build becomes that of this one."""
        return self.cache / "tree"

    @property
    def native(self) -> Path:
        """Where its native part is made."""
        return self.scratch / "native"

    @property
    def boot(self) -> Path:
        """Where its boot script is made."""
        return self.scratch / "boot"

    @property
    def store(self) -> Store:
        """What earlier builds made and this one may take."""
        return Store(self.cache / "store")

    @property
    def stripped(self) -> Path:
        """Where it is noted what the tree's beam files were made from."""
        return self.cache / "stripped"

    @property
    def digests(self) -> Path:
        """Where the digests are noted of files that stay."""
        return self.cache / "digests"

    @property
    def proven(self) -> Path:
        """Where it is noted what has been proven of trees."""
        return self.cache / "proven"

    @property
    def claim(self) -> Path:
        """Where the VM that proves a tree is told what to prove."""
        return self.cache / "claim"

    @property
    def project(self) -> Path:
        """The mirror of the source."""
        return self.cache / "project"

    @property
    def known(self) -> Path:
        """Where it is noted what the mirror was made equal to: who compiles can't write there."""
        return self.cache / "mirror"

    @property
    def node(self) -> Path:
        """Where beamwright_node is compiled."""
        return self.cache / "node"

    @property
    def user(self) -> str:
        """The builder as "uid:gid": whoever asks for the build, unless that is root."""
        return f"{os.getuid() or BUILDER}:{os.getgid() or BUILDER}"

    @contextmanager
    def alone(self, log: Log) -> Iterator[None]:
        """Holds the cache: two builds at once would compile in one mirror."""
        self.cache.mkdir(parents=True, exist_ok=True)
        (self.cache / ".gitignore").write_text("*\n", "utf-8")
        with (self.cache / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                log("waiting for another build of this project")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def prepare(self, image: str) -> None:
        """Drops the mirror when another toolchain compiled in it: objects of C would outlive their libc."""
        stamp = self.cache / "toolchain"
        if not (stamp.exists() and stamp.read_text("utf-8") == image):
            for folder in (self.known, self.project):
                if folder.exists():
                    shutil.rmtree(folder)
        stamp.write_text(image, "utf-8")

    def take_over(self, box: Box) -> None:
        """Gives what root made to whoever asked for the build, who may not be root."""
        owner = f"{os.getuid()}:{os.getgid()}"
        box.run(command("chown", "--recursive", owner, "/tree", "/boot"), root=True)

    def mounts(self, release: Path) -> tuple[Mount, ...]:
        """What the container sees; the folders are made, and are the builder's.

        `release` is where the assembled release appears in the end; without a small one to be compared with
        it is empty.
        """
        small = 0 < size_of(release) <= SMALL
        if release.exists() and not small:
            shutil.rmtree(release)
        kept = ((self.project, "/project"), (self.cache / "home", "/home"), (self.node, "/node"))
        for path in (*(path for path, _ in kept), release):
            path.mkdir(parents=True, exist_ok=True)
            if os.getuid() == 0:
                os.chown(path, BUILDER, BUILDER)
        for folder in (self.native, self.boot):
            folder.mkdir()
        self.known.mkdir(exist_ok=True)
        in_memory: tuple[Mount, ...] = ((None, "/release", True), (release, "/kept", True))
        return (
            (self.context, "/sealed/source", False),
            (self.known, "/sealed/mirror", True),
            *((path, where, True) for path, where in kept),
            *(in_memory if small else ((release, "/release", True),)),
            (self.native, "/tree", True),
            (self.boot, "/boot", True),
            (resources.find("images/compile"), "/compile", False),
            (resources.find("node"), "/beamwright_node", False),
        )
