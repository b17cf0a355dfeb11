"""tree → OCI image: a layout folder, and one tar archive that podman and docker of any age load.

    oci/
      oci-layout  index.json        OCI image layout 1.0
      manifest.json                 the same image as `docker load` of Docker 20.10 reads it
      blobs/sha256/…                manifest, configuration, gzipped layers

Source: github.com/opencontainers/image-spec (image-layout.md, manifest.md, config.md).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from beamwright.artifact.archive import Packed, pack
from beamwright.artifact.layers import Layer

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
USER = "65532:65532"
"""beamwright in the tree's own etc/passwd."""


@dataclass(frozen=True)
class Image:
    """What the configuration of the image says; `env` pairs, `ports` numbers, `epoch` seconds."""

    name: str
    version: str
    arch: str
    entrypoint: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    ports: tuple[int, ...]
    epoch: int

    def annotations(self) -> dict[str, str]:
        """The annotations of the manifest, which are the labels of the configuration too (annotations.md)."""
        return {
            "org.opencontainers.image.title": self.name,
            "org.opencontainers.image.version": self.version,
            "org.opencontainers.image.created": _time(self.epoch),
        }

    def config(self, layers: list[tuple[Layer, Packed]]) -> dict[str, object]:
        """The image's configuration (config.md)."""
        return {
            "created": _time(self.epoch),
            "architecture": self.arch,
            "os": "linux",
            "config": {
                "User": USER,
                "Env": [f"{key}={value}" for key, value in self.env],
                "Entrypoint": list(self.entrypoint),
                "WorkingDir": "/",
                "StopSignal": "SIGTERM",
                "ExposedPorts": {f"{port}/tcp": {} for port in self.ports},
                "Labels": self.annotations(),
            },
            "rootfs": {
                "type": "layers",
                "diff_ids": [f"sha256:{packed.content_digest}" for _, packed in layers],
            },
            "history": [{"created": _time(self.epoch), "created_by": layer.name} for layer, _ in layers],
        }


def write_layout(
    folder: Path, tree: Path, layers: tuple[Layer, ...], image: Image
) -> tuple[str, list[Packed]]:
    """Makes the layout folder: the manifest's digest (`sha256:…`) and how each layer was packed."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)
    packed = [(layer, _write_layer(blobs, tree, layer, image.epoch)) for layer in layers]
    config = _blob(blobs, CONFIG, image.config(packed))
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config,
        "layers": [_described(LAYER, layer) for _, layer in packed],
        "annotations": image.annotations(),
    }
    described = _blob(blobs, MANIFEST, manifest)
    # A tag has no `+`, which the version of a release may have (semver.org, 10).
    version = image.version.replace("+", "_")
    tag = f"{image.name}:{version}"
    described["annotations"] = {
        "org.opencontainers.image.ref.name": version,
        "io.containerd.image.name": tag,
    }
    described["platform"] = {"architecture": image.arch, "os": "linux"}
    _write(folder / "oci-layout", {"imageLayoutVersion": "1.0.0"})
    _write(folder / "index.json", {"schemaVersion": 2, "manifests": [described]})
    _write(folder / "manifest.json", [_docker(tag, config, packed)])
    return str(described["digest"]), [each for _, each in packed]


def _docker(tag: str, config: dict[str, object], layers: list[tuple[Layer, Packed]]) -> dict[str, object]:
    """The image as `docker save` describes one."""
    return {
        "Config": f"blobs/sha256/{str(config['digest']).removeprefix('sha256:')}",
        "RepoTags": [tag],
        "Layers": [f"blobs/sha256/{packed.digest}" for _, packed in layers],
    }


def _write_layer(blobs: Path, tree: Path, layer: Layer, epoch: int) -> Packed:
    """The layer as a blob: named by its digest, which is known once it is written."""
    unnamed = blobs / "layer"
    packed = pack(unnamed, tree, layer.entries, epoch)
    unnamed.rename(blobs / packed.digest)
    return packed


def _described(media_type: str, packed: Packed) -> dict[str, object]:
    """The descriptor of a layer (descriptor.md)."""
    return {"mediaType": media_type, "digest": f"sha256:{packed.digest}", "size": packed.compressed_bytes}


def _blob(blobs: Path, media_type: str, value: dict[str, object]) -> dict[str, object]:
    """Writes a value as a JSON blob: its descriptor."""
    text = _json(value)
    digest = hashlib.sha256(text).hexdigest()
    (blobs / digest).write_bytes(text)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(text)}


def _write(path: Path, value: object) -> None:
    path.write_bytes(_json(value))


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _time(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
