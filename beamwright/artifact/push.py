"""Image → registry: the layers that it lacks, the configuration, and last the manifest."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from beamwright.artifact import image, oci
from beamwright.artifact.report import Report
from beamwright.errors import BuildError, ConfigError, UnreachableError
from beamwright.fleet.names import REPOSITORY

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
"""distribution-spec, "Pulling manifests"."""


@dataclass(frozen=True)
class Reference:
    """Where an image is in a registry; `registry` is `name[:port]`."""

    registry: str
    repository: str
    tag: str

    def __str__(self) -> str:
        return f"{self.registry}/{self.repository}:{self.tag}"


@dataclass(frozen=True)
class Sent:
    """A blob: a layer's name or `configuration of the image`; `sent` is 0 when the registry had it."""

    name: str
    digest: str
    bytes: int
    sent: int
    seconds: float


@dataclass(frozen=True)
class Pushed:
    """The image in the registry: `digest` is its manifest's, `sha256:…`.

    `replaced` is the digest of another image that had the tag until now, or nothing.
    """

    reference: Reference
    digest: str
    blobs: tuple[Sent, ...]
    replaced: str = ""

    def as_json(self) -> dict[str, Any]:
        """The outcome for programs."""
        return {
            "reference": str(self.reference),
            "digest": self.digest,
            "replaced": self.replaced or None,
            "bytes_sent": sum(blob.sent for blob in self.blobs),
            "blobs": [asdict(blob) for blob in self.blobs],
        }


class Registry(Protocol):
    """A repository (beamwright.transport.Registry); digests are `sha256:…`."""

    def has_blob(self, digest: str) -> bool:
        """Whether the blob is there."""

    def put_blob(self, digest: str, content: Path) -> int:
        """Sends a blob: the bytes that it took."""

    def put_manifest(self, tag: str, content: bytes, media_type: str) -> None:
        """Sends the manifest."""

    def manifest_digest(self, tag: str) -> str:
        """The digest of the manifest with the tag, or nothing."""


def locate(repository: str | None, to: str, version: str) -> Reference:
    """Where to push: what somebody asked for, else the fleet's repository; the version is the tag.

    ConfigError when neither names one, or the name is none.
    """
    text = to or repository
    if not text:
        raise ConfigError(
            "where to? No registry is named", hint="set registry.repository in fleet.toml, or give --to"
        )
    # A colon before the last slash is the registry's port.
    head, slash, last = text.rpartition("/")
    name, _, given = last.partition(":")
    tag = given or image.tag(version)
    if not re.fullmatch(REPOSITORY.pattern, f"{head}{slash}{name}") or not _TAG.fullmatch(tag):
        raise ConfigError(f"{text!r} is not {REPOSITORY.says}", hint="REGISTRY[:PORT]/REPOSITORY[:TAG]")
    registry, _, path = f"{head}{slash}{name}".partition("/")
    return Reference(registry, path, tag)


def neighbour(repository: str | None, reference: Reference) -> str:
    """The fleet's own repository, where it is another one in the same registry; else nothing."""
    registry, _, name = (repository or "").partition("/")
    return name if registry == reference.registry and name != reference.repository else ""


def push(report: Report, registry: Registry, reference: Reference, on_blob: Callable[[Sent], None]) -> Pushed:
    """Brings the image of the build into the registry; `on_blob` is told of each blob once it is there.

    An image that is there already costs one request. BuildError for a build that was damaged or has no
    image, UnreachableError when the registry shows another image afterwards.
    """
    content, manifest = _read(report)
    digest = _digest(content)
    before = registry.manifest_digest(reference.tag)
    whole = before == digest
    done = []
    for name, blob in _blobs(report, manifest):
        done.append(_bring(report, registry, name, blob, whole))
        on_blob(done[-1])
    if not whole:
        registry.put_manifest(reference.tag, content, oci.MANIFEST)
        if (shown := registry.manifest_digest(reference.tag)) != digest:
            raise UnreachableError(f"{reference} is {shown or 'not there'} after the push of {digest}")
    return Pushed(reference, digest, tuple(done), "" if whole else before)


def _read(report: Report) -> tuple[bytes, dict[str, Any]]:
    """The image's manifest, the one that the report names."""
    digest = next((each.digest for each in report.artifacts if each.kind == "oci"), None)
    if digest is None:
        raise BuildError(f"{report.folder} holds no image", hint="beamwright build --kind all")
    layout = report.folder / "oci"
    if not layout.is_dir():
        raise BuildError(f"the image's folder {layout} is missing", hint="build it again")
    path = oci.blob(layout, digest)
    content = path.read_bytes() if path.is_file() else b""
    if _digest(content) != digest:
        raise _damaged(path)
    manifest: dict[str, Any] = json.loads(content)
    return content, manifest


def _blobs(report: Report, manifest: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The descriptors of what the manifest names, each with a name for people."""
    for part, layer in zip(report.layers, manifest["layers"], strict=True):
        yield part.name, layer
    yield "configuration of the image", manifest["config"]


def _bring(report: Report, registry: Registry, name: str, blob: dict[str, Any], whole: bool) -> Sent:
    """One blob, sent when the registry lacks it; an image that is whole there lacks none."""
    begun = time.monotonic()
    digest, sent = blob["digest"], 0
    if not whole and not registry.has_blob(digest):
        path = oci.blob(report.folder / "oci", digest)
        with path.open("rb") as file:
            if f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}" != digest:
                raise _damaged(path)
        sent = registry.put_blob(digest, path)
    return Sent(name, digest, blob["size"], sent, time.monotonic() - begun)


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _damaged(path: Path) -> BuildError:
    return BuildError(f"{path} is damaged", hint="build it again")
