"""Layers → OCI image layout: a folder, and the archive of it that podman, skopeo and registries' tools take.

    oci/
      oci-layout  index.json        image layout 1.0
      blobs/sha256/…                manifest, configuration, compressed layers

Source: github.com/opencontainers/image-spec (image-layout.md, manifest.md, descriptor.md).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from beamwright.artifact.archive import bundle
from beamwright.artifact.image import Image, to_json
from beamwright.artifact.manifest import Entry, scan
from beamwright.artifact.store import Blob

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+"
"""Ends with gzip or zstd."""


def write_layout(folder: Path, image: Image, config: bytes, layers: Sequence[Blob]) -> str:
    """Makes the layout folder: the digest of the image's manifest, `sha256:…`."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)
    for blob in layers:
        shutil.copyfile(blob.path, blobs / blob.digest)
    manifest = to_json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _write_blob(blobs, CONFIG, config),
            "layers": [_layer(blob) for blob in layers],
            "annotations": image.annotations(),
        }
    )
    described = _write_blob(blobs, MANIFEST, manifest) | {
        "annotations": {
            "org.opencontainers.image.ref.name": image.tag,
            "io.containerd.image.name": f"{image.name}:{image.tag}",
        },
        "platform": {"architecture": image.arch, "os": "linux"},
    }
    (folder / "oci-layout").write_bytes(to_json({"imageLayoutVersion": "1.0.0"}))
    (folder / "index.json").write_bytes(to_json({"schemaVersion": 2, "manifests": [described]}))
    return str(described["digest"])


def write_archive(target: Path, folder: Path, epoch: int) -> None:
    """The layout folder as one file."""
    files: dict[str, Path | bytes] = {
        path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()
    }
    bundle(target, files, epoch)


def entries(folder: Path) -> tuple[Entry, ...]:
    """The files and folders of a layout, with the modes that `write_archive` gives them."""
    return tuple(replace(each, mode="0755" if each.type == "d" else "0644") for each in scan(folder))


def blob(folder: Path, digest: str) -> Path:
    """The file of a blob in a layout; `digest` is `sha256:…`."""
    return folder / "blobs" / digest.replace(":", "/")


def is_blob(path: str) -> bool:
    """Whether the path in a layout is below its blobs, or one of their folders."""
    return path.partition("/")[0] == "blobs"


def config(folder: Path) -> dict[str, Any]:
    """The image's configuration in a layout."""
    index = json.loads((folder / "index.json").read_text("utf-8"))
    manifest = json.loads(blob(folder, index["manifests"][0]["digest"]).read_text("utf-8"))
    found: dict[str, Any] = json.loads(blob(folder, manifest["config"]["digest"]).read_text("utf-8"))
    return found


def _layer(blob: Blob) -> dict[str, object]:
    return {
        "mediaType": LAYER + blob.method.algorithm,
        "digest": f"sha256:{blob.digest}",
        "size": blob.size,
    }


def _write_blob(blobs: Path, media_type: str, content: bytes) -> dict[str, object]:
    """Writes a blob that is named by its digest: its descriptor."""
    digest = hashlib.sha256(content).hexdigest()
    (blobs / digest).write_bytes(content)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}
