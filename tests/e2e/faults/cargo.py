"""The releases that are brought to the hosts: one build, and variants of it that differ in a file."""

from __future__ import annotations

import os
import tarfile
from dataclasses import replace
from pathlib import Path

from beamwright.artifact import Artifact, archive, read
from beamwright.artifact.compression import Method
from beamwright.artifact.manifest import scan
from beamwright.artifact.seal import sign
from beamwright.fleet import Fleet
from beamwright.toolchain import here

_GZIP = Method("gzip", 1)


def variants(fleet: Fleet, built: Artifact, versions: tuple[str, ...]) -> tuple[Artifact, ...]:
    """The built tree as so many releases, each with a file of its own, signed."""
    tree = built.folder / "tree"
    with tarfile.open(built.tarball) as packed:
        packed.extractall(tree, filter="fully_trusted")
    return tuple(_variant(fleet, built, tree, version) for version in versions)


def _variant(fleet: Fleet, built: Artifact, tree: Path, version: str) -> Artifact:
    """The mark is random, so that the wire carries all of it: a link can be cut in the middle."""
    (tree / "app/mark").write_bytes(version.encode() + os.urandom(1 << 20))
    folder = fleet.folder / "dist" / f"bolt-{version}"
    folder.mkdir(parents=True)
    manifest = replace(built.manifest(), version=version, entries=scan(tree))
    archive.pack(folder / f"bolt-{version}.tar.gz", tree, manifest.entries, 0, _GZIP)
    sign(here.run, fleet, {folder / "manifest.json": manifest})
    return read(folder)
