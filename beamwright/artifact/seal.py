"""The last step of a build: what is in it, from what it was made, and who says so.

sbom.cdx.json      what is in the tree
provenance.json    from what and how it was made; names every artifact by its digest
manifest.json      every file of the tree, and the digests of those two
manifest.json.sig  the signature over it, and so over all of it
image.json         the same manifest with the files of the image's layout, for hosts that run the image
image.json.sig     the signature over that
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from beamwright.artifact import oci, provenance, sbom, signature
from beamwright.artifact.applications import applications, erts
from beamwright.artifact.artifact import IMAGE
from beamwright.artifact.component import natives
from beamwright.artifact.licences import licences
from beamwright.artifact.manifest import Manifest
from beamwright.artifact.papers import PROVENANCE, SBOM, signature_of
from beamwright.artifact.report import Report
from beamwright.artifact.wanted import Wanted
from beamwright.fleet.model import Fleet
from beamwright.release.make import Made
from beamwright.release.packages import native_files
from beamwright.release.release import own_applications


@dataclass(frozen=True)
class Finished:
    """A build whose artifacts are written: what was wanted, what was made, when it began; the SBOM's text."""

    fleet: Fleet
    wanted: Wanted
    made: Made
    manifest: Manifest
    report: Report
    started: datetime
    sbom: str


def seal(run: signature.Run, finished: Finished, counter: int) -> str | None:
    """Writes all of them into the report's folder: the principal who signed, None when nobody does."""
    fleet, folder = finished.fleet, finished.report.folder
    sbom = _write(folder / SBOM, finished.sbom)
    now = datetime.now(UTC)
    statement = provenance.write(
        fleet, finished.made, finished.wanted, finished.report, sbom, finished.started, now
    )
    manifest = replace(
        finished.manifest,
        environment=fleet.environment,
        counter=counter,
        sbom=sbom,
        provenance=_write(folder / PROVENANCE, statement),
    )
    manifests = {folder / "manifest.json": manifest}
    if (layout := folder / "oci").is_dir():
        manifests[folder / IMAGE] = replace(manifest, entries=oci.entries(layout))
    return sign(run, fleet, manifests)


def sign(run: signature.Run, fleet: Fleet, manifests: Mapping[Path, Manifest]) -> str | None:
    """Writes the manifests and, where there is a key to sign with, a signature beside each: who signed."""
    contents = {place: manifest.to_json() for place, manifest in manifests.items()}
    for place, content in contents.items():
        _write(place, content)
    if not signature.may_sign(fleet.signing):
        return None
    return signature.sign(
        run, fleet, {signature_of(place): content.encode() for place, content in contents.items()}
    )


def describe(fleet: Fleet, made: Made, manifest: Manifest, epoch: int) -> str:
    """The SBOM's text."""
    own = own_applications(fleet.project)
    components = (
        erts(manifest, made),
        *applications(manifest, made, own, fleet.project.tool),
        *natives(manifest, made.origin.packages, native_files(made.folder)),
    )
    stated = licences(fleet.project.source, fleet.project.tool)
    return sbom.write(manifest, stated, components, made.origin.packages, epoch)


def _write(path: Path, text: str) -> str:
    """Writes the file: its sha256 in hex."""
    content = text.encode()
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()
