"""Layers → the archive that `docker load` of any age takes; the image in it has the OCI image's own id.

    manifest.json         [{"Config", "RepoTags", "Layers"}]
    <digest>.json         the configuration
    <digest>.tar.gz       each layer, gzipped: Docker 20.10 reads no zstd

Source: github.com/moby/moby, image/tarexport (image specification v1.2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from beamwright.artifact.archive import bundle
from beamwright.artifact.image import Image, to_json
from beamwright.artifact.store import Blob


def write_archive(target: Path, image: Image, config: bytes, layers: Sequence[Blob]) -> str:
    """Writes the archive: the image's id, `sha256:…`, which is the digest of its configuration."""
    digest = hashlib.sha256(config).hexdigest()
    names = [f"{blob.digest}.tar.gz" for blob in layers]
    listed = {"Config": f"{digest}.json", "RepoTags": [f"{image.name}:{image.tag}"], "Layers": names}
    files: dict[str, Path | bytes] = {name: blob.path for name, blob in zip(names, layers, strict=True)}
    files |= {f"{digest}.json": config, "manifest.json": to_json([listed])}
    bundle(target, files, image.epoch)
    return f"sha256:{digest}"
