"""What differs between two builds, found from their folders."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from beamwright.artifact.difference import differences, reason
from beamwright.artifact.image import Image
from beamwright.artifact.layers import APPLICATION, LIBC, OTP
from beamwright.artifact.manifest import Entry, Manifest
from beamwright.artifact.oci import write_archive, write_layout
from beamwright.artifact.report import Compressed, Part, Report, Shipped
from beamwright.errors import BuildError

ENTRIES = (
    Entry("app/lib/courier-0.1.0/x.beam", "0644", "f", 10, "a" * 64),
    Entry("app/lib/stdlib-6/y.beam", "0644", "f", 20, "b" * 64),
    Entry("usr/lib/libc.so.6", "0755", "f", 30, "c" * 64),
)
IMAGE = Image("courier", "0.1.0", "amd64", ("erlexec",), (), (8080,), 7, revision="1" * 40)
ZLIB = Compressed("gzip", 9, "zlib 1.2.13", "sha256:1", 5)


def build(
    folder: Path,
    entries: tuple[Entry, ...] = ENTRIES,
    tarball: bytes = b"tar",
    image: Image = IMAGE,
    gzip: Compressed = ZLIB,
    licence: str = "Apache-2.0",
) -> Path:
    """A build's folder, with as much in it as is compared."""
    folder.mkdir()
    manifest = Manifest("courier", "0.1.0", "amd64", "15", "27", "now", entries)
    (folder / "manifest.json").write_text(manifest.to_json())
    (folder / "courier.tar.gz").write_bytes(tarball)
    digest = write_layout(folder / "oci", image, image.config((), ()), ())
    write_archive(folder / "courier.oci.tar", folder / "oci", 7)
    report = Report(
        name="courier",
        version="0.1.0",
        digest=manifest.digest,
        folder=folder,
        artifacts=(
            Shipped("tarball", "courier.tar.gz", "sha256:as the report says", 3, 60),
            Shipped("oci", "courier.oci.tar", digest, 3, 60),
        ),
        layers=(Part(LIBC, 30, 5, diff_id="sha256:2", compressed=(gzip,)),),
        applications=(
            Part("courier", 10, version="0.1.0", layer=APPLICATION),
            Part("stdlib", 20, version="6", layer=OTP),
        ),
        seconds=(),
    )
    (folder / "report.json").write_text(report.to_json())
    component = {"bom-ref": "courier", "licenses": [{"license": {"id": licence}}]}
    (folder / "sbom.cdx.json").write_text(json.dumps({"components": [component]}))
    return folder


def told(before: Path, after: Path) -> list[tuple[str, str, str, str]]:
    return [(each.kind, each.where, each.word, each.name) for each in differences(before, after)]


def test_the_same_bytes_have_no_differences(tmp_path: Path) -> None:
    assert differences(build(tmp_path / "a"), build(tmp_path / "b")) == ()


def test_files_are_named_with_their_layer_and_what_became_of_them(tmp_path: Path) -> None:
    changed, kept, removed = ENTRIES
    added = Entry("app/lib/courier-0.1.0/z.beam", "0644", "f", 1, "d" * 64)
    entries = (replace(changed, size=11), added, kept)
    before, after = build(tmp_path / "a"), build(tmp_path / "b", entries, tarball=b"other")
    assert told(before, after) == [
        ("artifact", "", "changed", "tarball"),
        ("file", APPLICATION, "changed", changed.path),
        ("file", APPLICATION, "added", added.path),
        ("file", LIBC, "removed", removed.path),
    ]
    size = next(each for each in differences(before, after) if each.name == changed.path)
    assert (size.before, size.after) == (
        "0644 10 bytes sha256:aaaaaaaaaaaa",
        "0644 11 bytes sha256:aaaaaaaaaaaa",
    )
    assert "toolchain" in reason(differences(before, after))


def test_another_compressor_is_told_from_other_files(tmp_path: Path) -> None:
    newer = replace(ZLIB, library="zlib 1.3", digest="sha256:3")
    before, after = build(tmp_path / "a"), build(tmp_path / "b", tarball=b"other", gzip=newer)
    assert told(before, after) == [
        ("artifact", "", "changed", "tarball"),
        ("packing", LIBC, "changed", "compressed with gzip"),
    ]
    assert "compressor" in reason(differences(before, after))


def test_another_revision_shows_in_the_configuration(tmp_path: Path) -> None:
    before = build(tmp_path / "a")
    after = build(tmp_path / "b", image=replace(IMAGE, revision="2" * 40))
    assert told(before, after) == [
        ("artifact", "", "changed", "oci"),
        ("configuration", "", "changed", "config.Labels.org.opencontainers.image.revision"),
    ]
    assert "what the image says" in reason(differences(before, after))


@pytest.mark.parametrize("change", [Path.unlink, lambda path: path.write_bytes(b"rot")], ids=["gone", "rot"])
def test_the_file_counts_and_not_what_its_report_says(tmp_path: Path, change) -> None:  # type: ignore[no-untyped-def]
    before, after = build(tmp_path / "a"), build(tmp_path / "b")
    change(before / "courier.tar.gz")
    assert {name for _, _, _, name in told(before, after)} == {"tarball"}


def test_an_sbom_that_says_otherwise_is_named_with_what_it_says(tmp_path: Path) -> None:
    before, after = build(tmp_path / "a"), build(tmp_path / "b", licence="MIT")
    assert told(before, after) == [
        ("artifact", "", "changed", "sbom"),
        ("sbom", "", "changed", "courier.licenses.0.license.id"),
    ]
    assert "SBOM" in reason(differences(before, after))


def test_an_sbom_that_says_otherwise_of_the_release_is_named_too(tmp_path: Path) -> None:
    before, after = build(tmp_path / "a"), build(tmp_path / "b")
    (after / "sbom.cdx.json").write_text('{"metadata": {"timestamp": "now"}}')
    assert ("sbom", "", "added", "metadata.timestamp") in told(before, after)


def test_a_damaged_sbom_is_told_as_one(tmp_path: Path) -> None:
    before, after = build(tmp_path / "a"), build(tmp_path / "b")
    (before / "sbom.cdx.json").write_text('{"components": [')
    with pytest.raises(BuildError, match=r"^sbom\.cdx\.json is none"):
        differences(before, after)
