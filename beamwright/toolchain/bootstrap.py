"""Images made of Debian packages: mmdebstrap writes a root file system, `docker import` takes it in.

Every image of the project is made here, from a folder of images/ that reads like this:

    images/host/
    ├── packages.txt   Debian packages, one a line, `#` starts a comment
    ├── files/         optional: copied onto the root, owned by root
    ├── unpack.sh      optional: run outside, with the root as $1
    └── setup.sh       optional: run last, inside the root

An image is tagged `<name>:<digest of its recipe>`: the same recipe is bootstrapped once on a machine. No
mirror is named: mmdebstrap takes that of the machine, or Debian's own.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import docker
from docker.errors import APIError, ImageNotFound

from beamwright.errors import BuildError, ConfigError

Log = Callable[[str], None]
CHUNK = 1 << 20


@dataclass(frozen=True)
class Recipe:
    """What an image is made of.

    `folder` is one of images/, `suite` a Debian release; `packages` come on top of packages.txt. `changes`
    are Dockerfile instructions, of those that `docker import` takes (CMD ENTRYPOINT ENV USER VOLUME WORKDIR).
    """

    name: str
    suite: str
    folder: Path
    packages: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    @property
    def tag(self) -> str:
        """`name:digest`; the digest covers every file of the folder and every field."""
        digest = hashlib.sha256(repr((self.suite, self.packages, self.changes)).encode())
        for path in sorted(path for path in self.folder.rglob("*") if path.is_file()):
            digest.update(f"\0{path.relative_to(self.folder)}\0".encode() + path.read_bytes())
        return f"{self.name}:{digest.hexdigest()[:12]}"

    @property
    def all_packages(self) -> tuple[str, ...]:
        """The packages of packages.txt and the added ones."""
        lines = (self.folder / "packages.txt").read_text("utf-8").splitlines()
        listed = (line.partition("#")[0].strip() for line in lines)
        return tuple(name for name in listed if name) + self.packages


def bootstrap(client: docker.DockerClient, recipe: Recipe, log: Log) -> str:
    """The tag of the recipe's image, which is made first where the Engine does not have it.

    Two processes that want the same image at once make it once. ConfigError without mmdebstrap, BuildError
    with its last lines when it fails.
    """
    tag = recipe.tag
    with _one_at_a_time(tag):
        try:
            client.images.get(tag)
        except ImageNotFound:
            log(f"{tag}: bootstrapping Debian {recipe.suite}, {len(recipe.all_packages)} packages and theirs")
            _import(client, recipe, tag)
    return tag


def mmdebstrap(recipe: Recipe) -> tuple[str, ...]:
    """The command that writes the root file system as a tar archive to standard output."""
    folder = recipe.folder
    hooks = []
    if (folder / "files").is_dir():
        # The modes of a clone depend on the umask of whoever made it.
        pack = f"tar -C {shlex.quote(str(folder / 'files'))} --owner=0 --group=0 --mode=u=rwX,go=rX -c ."
        hooks.append(f'{pack} | tar -C "$1" -x --no-overwrite-dir')
    if (folder / "unpack.sh").exists():
        hooks.append(f'sh {shlex.quote(str(folder / "unpack.sh"))} "$1"')
    if (folder / "setup.sh").exists():
        hooks.append(f'chroot "$1" /bin/sh -s < {shlex.quote(str(folder / "setup.sh"))}')
    return (
        *("mmdebstrap", "--quiet", "--variant=minbase", "--format=tar"),
        *("--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/doc/*"),
        f"--include={','.join(recipe.all_packages)}",
        *(f"--customize-hook={hook}" for hook in hooks),
        *(recipe.suite, "-"),
    )


def _import(client: docker.DockerClient, recipe: Recipe, tag: str) -> None:
    """Streams mmdebstrap's archive into the Engine, and tags the image once the archive proved whole."""
    if shutil.which("mmdebstrap") is None:
        raise ConfigError("mmdebstrap is not installed", hint="run script/setup")
    with tempfile.TemporaryFile() as errors, running(mmdebstrap(recipe), subprocess.PIPE, errors) as process:
        assert process.stdout is not None
        try:
            answer = client.api.import_image_from_stream(
                _chunks(process.stdout), changes=list(recipe.changes)
            )
            image = client.images.get(json.loads(answer.splitlines()[-1])["status"])
        except APIError as exc:
            image, refusal = None, str(exc)
        if process.wait() != 0:
            if image:
                image.remove()
            errors.seek(0)
            tail = errors.read().decode(errors="replace").splitlines()[-20:]
            raise BuildError(f"mmdebstrap could not make {tag}", detail="\n".join(tail))
    if image is None:
        raise BuildError(f"the Docker Engine did not take {tag}", detail=refusal)
    image.tag(tag)


@contextmanager
def running(
    argv: tuple[str, ...], output: IO[bytes] | int, errors: IO[bytes]
) -> Iterator[subprocess.Popen[bytes]]:
    """The process, ended with the block by SIGTERM: killed, mmdebstrap would leave its root and mounts.

    It has a session of its own: mmdebstrap that fails sends SIGHUP to its whole process group.
    """
    with subprocess.Popen(argv, stdout=output, stderr=errors, start_new_session=True) as process:
        try:
            yield process
        finally:
            if process.stdout is not None:
                process.stdout.close()
            process.terminate()
            # Popen's own end does not wait for it after Ctrl-C.
            process.wait()


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    """The stream in pieces; a bare file would be sent line by line."""
    while chunk := stream.read(CHUNK):
        yield chunk


@contextmanager
def _one_at_a_time(tag: str) -> Iterator[None]:
    """Holds a lock of this machine that all processes of this user share for the tag."""
    with (Path(tempfile.gettempdir()) / f"{tag.replace(':', '-')}.{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
