"""The OCI layout: every descriptor names a blob that is there, with its size and digest."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from beamwright.artifact.layers import APPLICATION, LIBC, Layer
from beamwright.artifact.manifest import scan
from beamwright.artifact.oci import Image, write_layout

IMAGE = Image(
    name="courier",
    version="1.0",
    arch="amd64",
    entrypoint=("/app/bin/erlexec", "-args_file", "/app/node.args"),
    env=(("ROOTDIR", "/app"),),
    ports=(8080,),
    epoch=315_532_800,
)


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    for name in ("libc", "app"):
        (tmp_path / "tree" / name).mkdir(parents=True)
        (tmp_path / "tree" / name / "file").write_text(name)
    entries = scan(tmp_path / "tree")
    layers = (Layer(LIBC, entries[2:]), Layer(APPLICATION, entries[:2]))
    write_layout(tmp_path / "oci", tmp_path / "tree", layers, IMAGE)
    return tmp_path / "oci"


def blob(layout: Path, descriptor: dict[str, Any]) -> bytes:
    """The blob of a descriptor, after its size and digest were found right."""
    name: str = descriptor["digest"].removeprefix("sha256:")
    data = (layout / "blobs/sha256" / name).read_bytes()
    assert len(data) == descriptor["size"]
    assert f"sha256:{hashlib.sha256(data).hexdigest()}" == descriptor["digest"]
    return data


def test_the_index_leads_to_a_manifest_a_configuration_and_layers(layout: Path) -> None:
    index = json.loads((layout / "index.json").read_text())
    manifest = json.loads(blob(layout, index["manifests"][0]))
    config = json.loads(blob(layout, manifest["config"]))
    contents = [gzip.decompress(blob(layout, layer)) for layer in manifest["layers"]]
    diff_ids = [f"sha256:{hashlib.sha256(content).hexdigest()}" for content in contents]
    assert config["rootfs"]["diff_ids"] == diff_ids
    assert [step["created_by"] for step in config["history"]] == [LIBC, APPLICATION]
    assert json.loads((layout / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}


def test_nothing_is_in_the_layout_that_no_descriptor_names(layout: Path) -> None:
    index = json.loads((layout / "index.json").read_text())
    manifest = json.loads(blob(layout, index["manifests"][0]))
    named = [index["manifests"][0], manifest["config"], *manifest["layers"]]
    blobs = {path.name for path in (layout / "blobs/sha256").iterdir()}
    assert blobs == {each["digest"].removeprefix("sha256:") for each in named}


def test_the_configuration_starts_the_node_as_nobody_in_particular(layout: Path) -> None:
    index = json.loads((layout / "index.json").read_text())
    manifest = json.loads(blob(layout, index["manifests"][0]))
    config = json.loads(blob(layout, manifest["config"]))
    assert (config["architecture"], config["os"], config["created"]) == (
        "amd64",
        "linux",
        "1980-01-01T00:00:00Z",
    )
    assert config["config"] == {
        "User": "65532:65532",
        "Env": ["ROOTDIR=/app"],
        "Entrypoint": ["/app/bin/erlexec", "-args_file", "/app/node.args"],
        "WorkingDir": "/",
        "StopSignal": "SIGTERM",
        "ExposedPorts": {"8080/tcp": {}},
        "Labels": manifest["annotations"],
    }


def test_docker_of_old_finds_the_same_blobs(layout: Path) -> None:
    (image,) = json.loads((layout / "manifest.json").read_text())
    assert image["RepoTags"] == ["courier:1.0"]
    assert all((layout / path).is_file() for path in (image["Config"], *image["Layers"]))
