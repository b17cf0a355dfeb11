"""The same releases as images: the layout of the built one, and a layer more with a file of its own."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from beamwright.artifact import Artifact, archive, image_of, oci, read
from beamwright.artifact.compression import Method
from beamwright.artifact.manifest import scan
from beamwright.artifact.seal import sign
from beamwright.fleet import Fleet
from beamwright.release.digest import of_file
from beamwright.toolchain import here

_GZIP = Method("gzip", 1)
_MARK_BYTES = 1 << 20


def as_image(fleet: Fleet, built: Artifact, made: Artifact) -> Artifact:
    """The release as what a host gets that runs images, in the folder of the release; signed."""
    layout, stem = made.folder / "oci", f"{made.name}-{made.version}"
    shutil.copytree(built.folder / "oci", layout)
    index = json.loads((layout / "index.json").read_text("utf-8"))
    described = index["manifests"][0]
    manifest = _take(layout, described["digest"])
    config = _take(layout, manifest["config"]["digest"])
    layer, diff_id = _mark(made.folder, layout, made.version)
    config["rootfs"]["diff_ids"].append(diff_id)
    config["history"].append({"created_by": "mark"})
    manifest["config"] |= _put(layout, config)
    manifest["layers"].append({"mediaType": f"{oci.LAYER}gzip", **layer})
    described |= _put(layout, manifest)
    (layout / "index.json").write_text(json.dumps(index), "utf-8")
    oci.write_archive(made.folder / f"{stem}.oci.tar", layout, 0)
    described_files = replace(made.manifest(), entries=oci.entries(layout))
    sign(here.run, fleet, {made.folder / "image.json": described_files})
    return image_of(read(made.folder))


def _mark(folder: Path, layout: Path, version: str) -> tuple[dict[str, Any], str]:
    """The layer with the file, as a blob of the layout, and the digest of what is in it.

    It is random, so that the wire carries all of it: a link can be cut in the middle.
    """
    tree, packed = folder / "mark", folder / "mark.tar.gz"
    (tree / "app").mkdir(parents=True)
    (tree / "app/mark").write_bytes(version.encode() + os.urandom(_MARK_BYTES))
    told = archive.pack(packed, tree, scan(tree), 0, _GZIP)
    packed.rename(oci.blob(layout, f"sha256:{told.digest}"))
    shutil.rmtree(tree)
    return {"digest": f"sha256:{told.digest}", "size": told.compressed_bytes}, f"sha256:{told.content_digest}"


def _take(layout: Path, digest: str) -> Any:
    """What is in a blob, which is one no longer."""
    path = oci.blob(layout, digest)
    found = json.loads(path.read_text("utf-8"))
    path.unlink()
    return found


def _put(layout: Path, value: Any) -> dict[str, Any]:
    """A new blob: its digest and size."""
    beside = layout / "blobs/new"
    beside.write_text(json.dumps(value), "utf-8")
    digest = f"sha256:{of_file(beside)}"
    path = beside.rename(oci.blob(layout, digest))
    return {"digest": digest, "size": path.stat().st_size}
