"""Images of the peers: built by the Docker Engine, then weighed layer by layer."""

from __future__ import annotations

import hashlib
import json
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import docker
import zstandard
from docker.errors import BuildError as ImageBuildError
from docker.errors import ContainerError
from docker.models.images import Image

from beamwright.errors import BuildError
from benchmarks.harness.dockerfile import LABEL

CHUNK = 1 << 20
LIBRARIES_FOUND = "! find /app -name beam.smp -o -name '*.so' | xargs ldd 2>&1 | grep 'not found'"
"""Succeeds when the image holds every library that the release in it wants."""


@dataclass(frozen=True)
class Weight:
    """An image in bytes: its layers as `docker push` packs them (gzip), with zstd-19, and its files."""

    gzip: int
    zstd: int
    unpacked: int


@contextmanager
def cleared(client: docker.DockerClient) -> Iterator[None]:
    """A block after which the images are gone that it had built, those of their stages too."""
    try:
        yield
    finally:
        for image in client.images.list(filters={"label": LABEL}):
            for tag in image.tags:
                client.images.remove(tag, noprune=True)
        client.images.prune(filters={"dangling": True, "label": LABEL})


def build(client: docker.DockerClient, source: Path, dockerfile: str) -> Image:
    """`docker build`, with its cache; the image has no name, and the label by which it is cleared."""
    (source / "Dockerfile").write_text(dockerfile, "utf-8")
    (source / ".dockerignore").write_text("Dockerfile\n.dockerignore\n_build\ndeps\n.git\n", "utf-8")
    try:
        image, _ = client.images.build(path=str(source), rm=True)
    except ImageBuildError as exc:
        lines = "".join(str(part.get("stream", "")) for part in exc.build_log if isinstance(part, dict))
        raise BuildError(f"`docker build` failed in {source}", detail=lines) from exc
    return image


def push(client: docker.DockerClient, image: Image, repository: str) -> None:
    """`docker push`: the Engine compresses the layers that the registry lacks, and sends them."""
    image.tag(repository, "latest")
    for told in client.images.push(repository, "latest", stream=True, decode=True):
        if "error" in told:
            raise BuildError(f"`docker push` failed: {told['error']}")


def runs(client: docker.DockerClient, image: Image) -> None:
    """BuildError when a library is missing in the image: a peer that does not run is no peer."""
    argv = ["sh", "-c", LIBRARIES_FOUND]
    try:
        client.containers.run(image, argv, entrypoint="", remove=True, network_mode="none")
    except ContainerError as exc:
        raise BuildError("the release does not run in the peer's image", detail=str(exc.stderr)) from exc


@dataclass
class Scales:
    """Weighs images; a layer that several images share is compressed once."""

    _known: dict[str, Weight] = field(default_factory=dict)

    def weigh(self, image: Image) -> Weight:
        """The image's weight, the sum of its layers'."""
        with tempfile.TemporaryFile() as saved:
            for chunk in image.save():
                saved.write(chunk)
            saved.seek(0)
            with tarfile.open(fileobj=saved) as archive:
                (manifest,) = json.load(_member(archive, "manifest.json"))
                layers = [self._layer(_member(archive, name)) for name in manifest["Layers"]]
        return Weight(
            sum(each.gzip for each in layers),
            sum(each.zstd for each in layers),
            sum(each.unpacked for each in layers),
        )

    def _layer(self, stream: IO[bytes]) -> Weight:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]  # it is seekable
        if digest not in self._known:
            stream.seek(0)
            with tarfile.open(fileobj=stream) as archive:
                unpacked = sum(member.size for member in archive if member.isreg())
            self._known[digest] = Weight(_gzip(stream), _zstd(stream), unpacked)
        return self._known[digest]


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    stream = archive.extractfile(name)
    assert stream is not None
    return stream


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    stream.seek(0)
    while chunk := stream.read(CHUNK):
        yield chunk


def _gzip(stream: IO[bytes]) -> int:
    """Its size as a gzip file of the level that the Engine takes, Go's default."""
    packer = zlib.compressobj(wbits=31)
    return sum(len(packer.compress(chunk)) for chunk in _chunks(stream)) + len(packer.flush())


def _zstd(stream: IO[bytes]) -> int:
    packer = zstandard.ZstdCompressor(level=19, threads=-1).compressobj()
    return sum(len(packer.compress(chunk)) for chunk in _chunks(stream)) + len(packer.flush())
