"""Whether a build is what its signer vouched for: `beamwright verify-artifact`.

The chain is manifest.json.sig → manifest.json → provenance.json and sbom.cdx.json → every artifact, and each
artifact is read back against the manifest's list of files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from beamwright.artifact import artifact, oci, reports, signature
from beamwright.artifact.artifact import Artifact
from beamwright.artifact.checks import Check, look
from beamwright.artifact.contents import (
    broken,
    demand_same,
    in_archive,
    in_folder,
    read_docker,
    read_layout,
    read_tarball,
)
from beamwright.artifact.manifest import Entry, Manifest
from beamwright.artifact.papers import PROVENANCE, SBOM, TREE, signature_of
from beamwright.errors import BuildError, ConfigError
from beamwright.fleet.model import Fleet
from beamwright.release.digest import of_file

ENDINGS = {".tar.gz": "tarball", ".oci.tar": "oci", ".docker.tar": "docker"}
"""How the files of artifacts end, and their kinds."""


def prove(run: signature.Run, fleet: Fleet, folder: Path) -> Iterator[Check]:
    """Each check of the build in the folder; ConfigError when there is no build."""
    return _prove(run, fleet, folder, None, (fleet.project.name, fleet.environment))


def prove_sidecar(run: signature.Run, fleet: Fleet, made: Artifact) -> Iterator[Check]:
    """Each check of RabbitMQ's artifact (sidecar.find), which is the same in every environment."""
    for check in _prove(run, fleet, made.folder, made.signature, (made.name, "")):
        yield replace(check, text=f"{made.name} {made.version}: {check.text}")


def _prove(
    run: signature.Run, fleet: Fleet, folder: Path, place: Path | None, wanted: tuple[str, str]
) -> Iterator[Check]:
    """The checks: signed at `place` or beside, application and environment are those `wanted`."""
    path = folder / "manifest.json"
    if not path.is_file():
        raise ConfigError(f"no build in {folder}: it holds no manifest.json", hint="beamwright build")
    yield look("signature", lambda: _signer(run, fleet, path, place))
    try:
        manifest = Manifest.from_json(path.read_bytes().decode("utf-8", "replace"))
    except BuildError as exc:
        yield Check("manifest.json", exc.message)
        return
    yield look("meant for", lambda: _purpose(wanted, manifest))
    yield look(SBOM, lambda: _named(folder / SBOM, manifest.sbom))
    provenance = look(PROVENANCE, lambda: _named(folder / PROVENANCE, manifest.provenance))
    yield provenance
    if provenance.ok:
        yield from _artifacts(folder, manifest)
    if (folder / "oci").is_dir() or (folder / artifact.IMAGE).exists():
        yield look(artifact.IMAGE, lambda: _image(run, fleet, folder, manifest))


def signed(run: signature.Run, fleet: Fleet, folder: Path) -> Iterator[Check]:
    """Who signed the build, for whom, and that its report says the digests that are signed for.

    Nothing is read back: that is enough for who looks at each blob by its digest, as `push` does.
    """
    manifest = artifact.load(folder / "manifest.json")
    wanted = (fleet.project.name, fleet.environment)
    yield look("signature", lambda: _signer(run, fleet, folder / "manifest.json"))
    yield look("meant for", lambda: _purpose(wanted, manifest))
    yield look(PROVENANCE, lambda: _named(folder / PROVENANCE, manifest.provenance))
    yield look(reports.FILE, lambda: _reported(folder, _subjects(folder / PROVENANCE)))


def _signer(run: signature.Run, fleet: Fleet, path: Path, place: Path | None = None) -> str:
    """Who signed the file, at `place` or beside it."""
    place = place or signature_of(path)
    if not place.is_file():
        if fleet.signing.unsigned:
            return "none, and the fleet file allows that"
        raise BuildError("nobody has signed it")
    return signature.signer(run, fleet.signing.allowed_signers, path.read_bytes(), place)


def _purpose(wanted: tuple[str, str], manifest: Manifest) -> str:
    """The application and the environment, which have to be those that are wanted."""
    found = (manifest.name, manifest.environment)
    if found != wanted:
        raise BuildError(f"{' in '.join(found)}, and not {' in '.join(wanted)}")
    where = manifest.environment or "every environment"
    return f"{manifest.name} {manifest.version} in {where}, number {manifest.counter}"


def _named(path: Path, digest: str) -> str:
    """Says that the file is the one with the sha256; BuildError when it is another."""
    if not path.is_file():
        raise BuildError("it is missing")
    if (found := of_file(path)) != digest:
        raise BuildError(f"it is not the one that is signed for: sha256:{found[:12]}, not {digest[:12]}")
    return f"sha256:{digest[:12]}"


def _artifacts(folder: Path, manifest: Manifest) -> Iterator[Check]:
    """Each artifact that the provenance names, and each that is there without being named."""
    subjects = _subjects(folder / PROVENANCE)
    yield look(TREE, lambda: _same_tree(subjects.get(TREE, ""), manifest))
    yield look(reports.FILE, lambda: _reported(folder, subjects))
    for name in sorted({*subjects, *(path.name for path in folder.iterdir())}):
        if ending := next((ending for ending in ENDINGS if name.endswith(ending)), ""):
            yield look(name, partial(_artifact, folder / name, subjects, ENDINGS[ending], manifest))
    if (layout := folder / "oci").is_dir():
        yield look("oci", lambda: _holds(read_layout(in_folder(layout), subjects.get("oci", "")), manifest))


def _subjects(path: Path) -> dict[str, str]:
    """What the statement is about: sha256 by name."""
    with broken(path.name):
        return {each["name"]: each["digest"]["sha256"] for each in json.loads(path.read_bytes())["subject"]}


def _same_tree(digest: str, manifest: Manifest) -> str:
    if digest != manifest.digest:
        raise BuildError(
            f"the provenance is of the tree {digest[:12]}, the manifest of {manifest.digest[:12]}"
        )
    return f"sha256:{digest[:12]}"


def _reported(folder: Path, subjects: Mapping[str, str]) -> str:
    """Says that the report has the same digests; BuildError when not: nobody signs it, but people read it."""
    for each in reports.read(folder).artifacts:
        name = each.path if each.kind == "tarball" else each.kind
        if each.digest != f"sha256:{subjects.get(name)}":
            raise BuildError(f"it says of {name} what the provenance does not")
    return "the digests of the provenance"


def _artifact(path: Path, subjects: Mapping[str, str], kind: str, manifest: Manifest) -> str:
    """Says that the artifact is the one that is signed for and holds the tree; BuildError when not."""
    if path.name not in subjects:
        raise BuildError("the provenance does not name it")
    _named(path, subjects[path.name])
    if kind == "tarball":
        return _holds(read_tarball(path), manifest)
    read = read_docker if kind == "docker" else read_layout
    with in_archive(path) as files:
        return _holds(read(files, subjects.get(kind, "")), manifest)


def _image(run: signature.Run, fleet: Fleet, folder: Path, manifest: Manifest) -> str:
    """Says that what hosts get of the image is signed for, with the build; BuildError when not."""
    signer = _signer(run, fleet, folder / artifact.IMAGE)
    image = artifact.load(folder / artifact.IMAGE)
    if replace(image, entries=()) != replace(manifest, entries=()):
        raise BuildError("it is of another build")
    _holds({entry.path: entry for entry in oci.entries(folder / "oci")}, image)
    return f"the files of oci/, by {signer}"


def _holds(found: Mapping[str, Entry], manifest: Manifest) -> str:
    """Says that the entries are those of the manifest; BuildError names one that is not."""
    demand_same(found, manifest.entries)
    return f"all {len(found)} files and folders of the manifest, and no other"
