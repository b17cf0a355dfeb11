"""Finding a build in dist/."""

from __future__ import annotations

from pathlib import Path

import pytest

from beamwright.artifact import find, manifests, read
from beamwright.artifact.manifest import Entry, Manifest
from beamwright.errors import BuildError, ConfigError


def built(dist: Path, version: str, created: str, name: str = "courier") -> Manifest:
    entries = (Entry("version", "0644", "f", 1, version),)
    manifest = Manifest(name, version, "amd64", "15", "27", created, entries)
    folder = dist / f"{name}-{version}"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(manifest.to_json())
    (folder / f"{name}-{version}.tar.gz").write_text("tarball")
    return manifest


def test_an_artifact_is_read_from_its_folder(tmp_path: Path) -> None:
    manifest = built(tmp_path, "1.0", "2026-01-01T00:00:00Z")
    artifact = read(tmp_path / "courier-1.0")
    assert artifact.release_id == f"1.0-{manifest.digest[:12]}"
    assert artifact.tarball.read_text() == "tarball"
    assert artifact.manifest() == manifest
    assert (artifact.oci, artifact.docker) == (None, None)


def test_the_newest_build_is_found_whatever_its_version(tmp_path: Path) -> None:
    built(tmp_path, "1.0", "2026-01-02T00:00:00Z")
    built(tmp_path, "2.0", "2026-01-01T00:00:00Z")
    built(tmp_path, "9.0", "2026-01-09T00:00:00Z", name="depot")
    assert find(tmp_path, "courier").version == "1.0"


def test_without_a_build_the_hint_is_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        find(tmp_path, "courier")
    assert caught.value.hint == "beamwright build"


def test_a_build_of_the_image_alone_can_not_be_deployed(tmp_path: Path) -> None:
    built(tmp_path, "1.0", "2026-01-01T00:00:00Z")
    (tmp_path / "courier-1.0/courier-1.0.tar.gz").unlink()
    with pytest.raises(ConfigError, match="no tarball"):
        read(tmp_path / "courier-1.0")


@pytest.mark.parametrize("content", [b"{}", b"\xff", b"[1"])
def test_a_damaged_manifest_is_named(tmp_path: Path, content: bytes) -> None:
    built(tmp_path, "1.0", "2026-01-01T00:00:00Z")
    path = tmp_path / "courier-1.0/manifest.json"
    path.write_bytes(content)
    with pytest.raises(BuildError, match=f"^{path}: "):
        list(manifests(tmp_path))
