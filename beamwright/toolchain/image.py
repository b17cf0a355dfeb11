"""The image that compilers run in: bootstrapped from Debian packages, or put on top of the user's own.

Both are tagged `beamwright-toolchain:<digest of the recipe>`, so that one recipe is made once on a machine.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterable

import docker
from docker.errors import APIError, ImageNotFound
from docker.errors import BuildError as ImageBuildError
from docker.models.images import Image

from beamwright import resources
from beamwright.errors import BuildError
from beamwright.toolchain.bootstrap import Log, Recipe, bootstrap

NAME = "beamwright-toolchain"
SUITE = "trixie"
FOLDER = "images/toolchain"
TOOLS = {"rsync": "rsync", "strip": "binutils"}
"""Programs that the build itself runs, and their Debian packages: an image for Erlang rarely has rsync."""

ENVIRONMENT = (("LANG", "C.UTF-8"), ("ERL_LIBS", "/opt/beamwright/lib"))


def make(client: docker.DockerClient, base: str | None, packages: tuple[str, ...], log: Log) -> str:
    """The tag of the toolchain image: on top of the image `base`, or of Debian packages when it is None.

    `packages` are more Debian packages. Nothing is made when the Engine has the image.
    """
    if base is None:
        return bootstrap(client, _recipe(packages), log)
    return _build_on(client, base, packages, log)


def _recipe(packages: tuple[str, ...]) -> Recipe:
    changes = tuple(f"ENV {name}={value}" for name, value in ENVIRONMENT)
    return Recipe(NAME, SUITE, resources.find(FOLDER), packages, changes)


def install(packages: Iterable[str]) -> str:
    """The shell command that installs Debian packages."""
    return f"apt-get update && apt-get install -y --no-install-recommends {' '.join(packages)}"


def dockerfile(base: str, packages: tuple[str, ...]) -> str:
    """What the image on top of the user's own is built from; his image must bring the compilers."""
    lines = [f"FROM {base}", "USER root"]
    tools = " && ".join(f"command -v {program} >/dev/null" for program in TOOLS)
    lines += [f"RUN {tools} || {{ {install(TOOLS.values())}; }}"]
    if packages:
        lines += [f"RUN {install(packages)}"]
    lines += [f"ENV {name}={value}" for name, value in ENVIRONMENT]
    lines += ["COPY setup.sh /tmp/setup.sh", "RUN sh /tmp/setup.sh", "ENTRYPOINT []"]
    return "\n".join(lines) + "\n"


def _build_on(client: docker.DockerClient, base: str, packages: tuple[str, ...], log: Log) -> str:
    """`docker build` of that Dockerfile, unless the base as it is now has been built on before."""
    try:
        base_id = _base(client, base).id
    except (APIError, ImageNotFound) as exc:
        raise BuildError(
            f"toolchain.image: the image {base} can't be had",
            hint="check its name, or pull it by hand",
            detail=str(exc),
        ) from exc
    files = {
        "Dockerfile": dockerfile(base, packages).encode(),
        "setup.sh": (resources.find(FOLDER) / "setup.sh").read_bytes(),
    }
    digest = hashlib.sha256(repr((base_id, sorted(files.items()))).encode()).hexdigest()
    tag = f"{NAME}:{digest[:12]}"
    if client.images.list(name=tag):
        return tag
    log(f"{tag}: building on top of {base}")
    try:
        client.images.build(fileobj=_context(files), custom_context=True, tag=tag, rm=True, forcerm=True)
    except (APIError, ImageBuildError) as exc:
        parts = exc.build_log if isinstance(exc, ImageBuildError) else [{"stream": str(exc)}]
        lines = "".join(str(part.get("stream", "")) for part in parts if isinstance(part, dict))
        raise BuildError(f"the toolchain image on top of {base} could not be built", detail=lines) from exc
    return tag


def _base(client: docker.DockerClient, base: str) -> Image:
    """The user's image; pulled when the Engine does not have it."""
    try:
        return client.images.get(base)
    except ImageNotFound:
        return client.images.pull(base)


def _context(files: dict[str, bytes]) -> io.BytesIO:
    """The build context as an uncompressed tar archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    buffer.seek(0)
    return buffer
