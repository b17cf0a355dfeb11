"""A finished build in `dist/`, as deploying reads it.

dist/<name>-<version>/
  <name>-<version>.tar.gz      the tree
  <name>-<version>.oci.tar     the image as an OCI archive, for podman, skopeo and registries
  <name>-<version>.docker.tar  the image for `docker load` of any age
  oci/                         the image as an OCI layout
  sbom.cdx.json                what is in it, in CycloneDX's words
  provenance.json              from what it was made, and how
  manifest.json                every file of the tree, and what else is signed for
  manifest.json.sig            the signature over it, unless the build is unsigned
  image.json                   the same of the files of oci/: what hosts get that run the image
  image.json.sig               the signature over that
  report.json                  sizes and seconds
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from beamwright.artifact.manifest import Manifest
from beamwright.artifact.papers import signature_of
from beamwright.errors import BuildError, ConfigError

IMAGE = "image.json"


@dataclass(frozen=True)
class Artifact:
    """A tree in its shippable forms; `digest` is the tree's, in hex.

    `described` is the manifest of the files that hosts get, `archive` what they are taken out of: those of
    the tree, or those of the image's layout. `signature` is where the signature over the manifest is, if
    there is one.
    """

    name: str
    version: str
    digest: str
    arch: str
    folder: Path
    tarball: Path
    oci: Path | None
    signature: Path | None = None
    docker: Path | None = None
    described: str = "manifest.json"

    @property
    def release_id(self) -> str:
        """The release's folder on a host: `<version>-<first 12 digits of the digest>`."""
        return f"{self.version}-{self.digest[:12]}"

    @property
    def manifest_json(self) -> Path:
        """The file whose bytes are signed."""
        return self.folder / self.described

    @property
    def archive(self) -> Path:
        """The tar archive of the files in the manifest, gzipped or not."""
        return self.tarball if self.oci is None or self.described != IMAGE else self.oci

    @property
    def revision(self) -> str:
        """The commit of its source, "" where that is not known."""
        report = self.folder / "report.json"
        return str(json.loads(report.read_text("utf-8")).get("revision", "")) if report.is_file() else ""

    def manifest(self) -> Manifest:
        """Every file of the tree."""
        info = self.manifest_json.stat()
        return _parsed(self.manifest_json, info.st_mtime_ns, info.st_size)


@functools.lru_cache(maxsize=8)
def _parsed(path: Path, *_: int) -> Manifest:
    """Parsed once while the file is the same: a plan asks for every host."""
    return load(path)


def load(path: Path) -> Manifest:
    """The manifest in the file; BuildError that names it when it is missing or damaged."""
    try:
        return Manifest.from_json(path.read_bytes().decode("utf-8", "replace"))
    except OSError as exc:
        raise BuildError(f"{path}: {exc.strerror}", hint="beamwright build") from exc
    except BuildError as exc:
        raise BuildError(
            f"{path}: {exc.message}", hint=f"remove {path.parent}, and build it again if it is wanted"
        ) from exc


def read(folder: Path) -> Artifact:
    """The artifact in the folder; ConfigError when there is none, or no tarball."""
    path = folder / "manifest.json"
    if not path.is_file():
        raise ConfigError(f"no artifact in {folder}", hint="beamwright build")
    manifest = load(path)
    tarball, oci, docker = (
        folder / f"{manifest.name}-{manifest.version}.{ending}"
        for ending in ("tar.gz", "oci.tar", "docker.tar")
    )
    if not tarball.is_file():
        raise ConfigError(f"{folder} holds no tarball", hint="beamwright build --kind all")
    return Artifact(
        name=manifest.name,
        version=manifest.version,
        digest=manifest.digest,
        arch=manifest.arch,
        folder=folder,
        tarball=tarball,
        oci=oci if oci.is_file() else None,
        docker=docker if docker.is_file() else None,
        signature=signature_of(folder / "manifest.json"),
    )


def image_of(made: Artifact) -> Artifact:
    """The same build for hosts that run the image: the files of its layout; ConfigError without one."""
    path = made.folder / IMAGE
    if made.oci is None or not path.is_file():
        raise ConfigError(f"{made.folder} holds no image for hosts", hint="beamwright build --kind all")
    return replace(made, digest=load(path).digest, signature=signature_of(path), described=IMAGE)


def manifests(dist: Path, described: str = "manifest.json") -> Iterator[Manifest]:
    """The manifest of every build in `dist`; BuildError names one that is damaged."""
    for path in dist.glob(f"*/{described}"):
        yield load(path)


def nothing(dist: Path, name: str) -> ConfigError:
    """Says that there is no build of that name in `dist`, or what is there instead of the folder."""
    if dist.exists() and not dist.is_dir():
        return ConfigError(f"{dist}: there is a file where a folder has to be", hint="move it away")
    return ConfigError(f"no build of {name} in {dist}", hint="beamwright build")


def find(dist: Path, name: str) -> Artifact:
    """The newest build of that name in `dist`; ConfigError when there is none."""
    named = [manifest for manifest in manifests(dist) if manifest.name == name]
    if not named:
        raise nothing(dist, name)
    newest = max(named, key=lambda manifest: manifest.counter)
    return read(dist / f"{name}-{newest.version}")
