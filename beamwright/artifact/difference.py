"""What differs between two builds that ought to be the same bytes, from their folders in `dist/`.

The files of the artifacts and the SBOM are compared as they are, whatever the reports say of them. Where they
differ the manifests tell which files of the tree do; when none does, layers, configuration and SBOM tell why.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beamwright.artifact import oci, reports
from beamwright.artifact.contents import broken
from beamwright.artifact.layers import LIBC, layer_of
from beamwright.artifact.manifest import Entry, Manifest
from beamwright.artifact.papers import SBOM
from beamwright.artifact.report import Part, Report
from beamwright.release.digest import of_file


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same; None stands for what is missing on a side.

    `kind` is artifact, file, packing, configuration or sbom; `where` the layer of a file or packing.
    """

    kind: str
    where: str
    name: str
    before: str | None
    after: str | None

    @property
    def word(self) -> str:
        """What became of it, in a word."""
        if self.before is None or self.after is None:
            return "added" if self.before is None else "removed"
        return "changed"

    def as_json(self) -> dict[str, str | None]:
        """The difference for programs."""
        return {
            "kind": self.kind,
            "where": self.where,
            "name": self.name,
            "change": self.word,
            "before": self.before,
            "after": self.after,
        }


def differences(before: Path, after: Path) -> tuple[Difference, ...]:
    """What is not the same in the folders of two builds; ConfigError where one holds no build."""
    first, second = reports.read(before), reports.read(after)
    artifacts = tuple(_compared("artifact", "", _digests(first), _digests(second)))
    if not artifacts:
        return ()
    files = tuple(_files(first, second))
    # The archive of a layer whose files differ differs too, which says nothing more.
    explained = {each.where for each in files}
    packing = (each for each in _packings(first.layers, second.layers) if each.where not in explained)
    configuration = _compared("configuration", "", _config(first), _config(second))
    # So does the SBOM, which states the digests of applications.
    stated = () if files else _compared("sbom", "", _stated(first), _stated(second))
    return (*artifacts, *files, *packing, *configuration, *stated)


def reason(found: Iterable[Difference]) -> str:
    """The likely cause of differences."""
    kinds = {each.kind for each in found}
    if "file" in kinds:
        return "another revision, toolchain or unpinned dependency; or code that compiles in a time or a path"
    if "configuration" in kinds:
        return "the files are the same, what the image says of them is not"
    if "sbom" in kinds:
        return "the files are the same, what the SBOM says of them is not: a licence, or a package of Debian"
    return "the files are the same: another version of the compressor, or the artifact was damaged"


def _compared(
    kind: str, where: str, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[Difference]:
    """A difference for each name that does not stand for the same on both sides."""
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield Difference(kind, where, name, before.get(name), after.get(name))


def _digests(report: Report) -> dict[str, str]:
    """The sha256 of every artifact's file and of the SBOM, by kind."""
    files = {**{each.kind: each.path for each in report.artifacts}, "sbom": SBOM}
    paths = {kind: report.folder / path for kind, path in files.items()}
    return {kind: f"sha256:{of_file(path)}" for kind, path in paths.items() if path.is_file()}


def _files(before: Report, after: Report) -> Iterator[Difference]:
    """The entries of the trees that differ, by layer."""
    old, new = _entries(before), _entries(after)
    for path in sorted({*old, *new}):
        (layer, first), (layer_now, second) = old.get(path, ("", None)), new.get(path, ("", None))
        if first != second:
            yield Difference("file", layer_now or layer, path, _entry(first), _entry(second))


def _entries(report: Report) -> dict[str, tuple[str, Entry]]:
    """Path → the layer that it is in, and the entry."""
    manifest = Manifest.from_json((report.folder / "manifest.json").read_text("utf-8"))
    kinds = {f"{part.name}-{part.version}": part.layer or LIBC for part in report.applications}
    return {entry.path: (layer_of(entry.path, kinds), entry) for entry in manifest.entries}


def _entry(entry: Entry | None) -> str | None:
    if entry is None:
        return None
    if entry.type == "f":
        return f"{entry.mode} {entry.size} bytes sha256:{entry.content[:12]}"
    return entry.mode if entry.type == "d" else f"-> {entry.content}"


def _packings(before: Iterable[Part], after: Iterable[Part]) -> Iterator[Difference]:
    """What differs in how the same layers were compressed."""
    old, new = ({part.name: part for part in parts} for parts in (before, after))
    for name in sorted({*old, *new}):
        yield from _compared("packing", name, _packing(old.get(name)), _packing(new.get(name)))


def _packing(layer: Part | None) -> dict[str, str]:
    if layer is None:
        return {}
    ways = {
        f"compressed with {each.algorithm}": f"level {each.level}, {each.library}, {each.digest}"
        for each in layer.compressed
    }
    return {"archive": layer.diff_id or "", **ways}


def _config(report: Report) -> dict[str, str]:
    """The image's configuration but for its layers, flattened to `config.Labels.x` → value."""
    layout = report.folder / "oci"
    if not (layout / "index.json").is_file():
        return {}
    config = oci.config(layout)
    return dict(_flat("", {key: value for key, value in config.items() if key not in ("rootfs", "history")}))


def _stated(report: Report) -> dict[str, str]:
    """What the SBOM says, flattened: of a component `<bom-ref>.licenses.0.license.id` → value."""
    path = report.folder / SBOM
    if not path.is_file():
        return {}
    with broken(SBOM):
        said = json.loads(path.read_bytes())
        components = {each["bom-ref"]: each for each in said.pop("components", ())}
        return {key: value for part in (components, said) for key, value in _flat("", part)}


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from _flat(f"{prefix}.{key}" if prefix else str(key), inner)
    else:
        yield prefix, str(value)
