"""The last step of a build: what the artifacts are is written down and signed."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from beamwright.artifact import signature
from beamwright.artifact.artifact import manifests
from beamwright.artifact.counter import next_counter
from beamwright.artifact.manifest import Manifest
from beamwright.fleet.model import Fleet


def seal(run: signature.Run, fleet: Fleet, manifest: Manifest, dist: Path, folder: Path) -> str | None:
    """Writes manifest.json and its signature into the folder; the principal, None when nobody signs.

    `dist` holds the builds before this one.
    """
    environment = fleet.environment
    counter = next_counter(manifests(dist), manifest.name, environment, time.time())
    manifest = replace(manifest, environment=environment, counter=counter)
    content = manifest.to_json().encode()
    (folder / "manifest.json").write_bytes(content)
    if not signature.may_sign(fleet.signing):
        return None
    return signature.sign(run, fleet, content, folder / "manifest.json.sig")
