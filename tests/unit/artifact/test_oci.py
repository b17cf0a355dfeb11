"""The OCI layout: every descriptor names a blob that is there, with its size and digest."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zstandard

from beamwright.artifact import docker
from beamwright.artifact.compression import Algorithm
from beamwright.artifact.image import Image
from beamwright.artifact.layers import APPLICATION, LIBC, Layer
from beamwright.artifact.manifest import scan
from beamwright.artifact.oci import write_archive, write_layout
from beamwright.artifact.store import Store
from tests.unpacked import unpack

IMAGE = Image(
    name="courier",
    version="1.0",
    arch="amd64",
    entrypoint=("/app/bin/erlexec", "-args_file", "/app/node.args"),
    env=(("ROOTDIR", "/app"),),
    ports=(8080,),
    epoch=315_532_800,
    revision="0123abc",
    licences="Apache-2.0",
)


UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "zstd": zstandard.ZstdDecompressor().decompress,
}


@pytest.fixture(params=UNPACK)
def algorithm(request: pytest.FixtureRequest) -> Algorithm:
    found: Algorithm = request.param
    return found


@pytest.fixture
def layout(tmp_path: Path, algorithm: Algorithm) -> Path:
    for name in ("libc", "app"):
        (tmp_path / "tree" / name).mkdir(parents=True)
        (tmp_path / "tree" / name / "file").write_text(name)
    entries = scan(tmp_path / "tree")
    layers = (Layer(LIBC, entries[2:]), Layer(APPLICATION, entries[:2]))
    blobs = Store(tmp_path / "store").blobs(tmp_path / "tree", layers, [algorithm], IMAGE.epoch)[algorithm]
    config = IMAGE.config(layers, [each.diff_id for each in blobs])
    write_layout(tmp_path / "oci", IMAGE, config, blobs)
    return tmp_path / "oci"


def blob(layout: Path, descriptor: dict[str, Any]) -> bytes:
    """The blob of a descriptor, after its size and digest were found right."""
    name: str = descriptor["digest"].removeprefix("sha256:")
    data = (layout / "blobs/sha256" / name).read_bytes()
    assert len(data) == descriptor["size"]
    assert f"sha256:{hashlib.sha256(data).hexdigest()}" == descriptor["digest"]
    return data


def test_the_index_leads_to_a_manifest_a_configuration_and_layers(layout: Path, algorithm: Algorithm) -> None:
    index = json.loads((layout / "index.json").read_text())
    manifest = json.loads(blob(layout, index["manifests"][0]))
    config = json.loads(blob(layout, manifest["config"]))
    contents = [UNPACK[algorithm](blob(layout, layer)) for layer in manifest["layers"]]
    diff_ids = [f"sha256:{hashlib.sha256(content).hexdigest()}" for content in contents]
    assert config["rootfs"]["diff_ids"] == diff_ids
    assert {layer["mediaType"].rpartition("+")[2] for layer in manifest["layers"]} == {algorithm}
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


def test_the_annotations_are_the_standard_ones_and_only_those_that_are_known() -> None:
    assert IMAGE.annotations() == {
        "org.opencontainers.image.title": "courier",
        "org.opencontainers.image.version": "1.0",
        "org.opencontainers.image.created": "1980-01-01T00:00:00Z",
        "org.opencontainers.image.revision": "0123abc",
        "org.opencontainers.image.licenses": "Apache-2.0",
        "org.opencontainers.image.base.name": "scratch",
    }
    unknown = replace(IMAGE, revision="", licences="").annotations()
    assert not {key.rpartition(".")[2] for key in unknown} & {"revision", "licenses"}


def test_the_archive_is_the_folder(layout: Path, tmp_path: Path) -> None:
    write_archive(tmp_path / "a.tar", layout, IMAGE.epoch)
    unpack(tmp_path / "a.tar", tmp_path / "out")
    names = {path.relative_to(layout) for path in layout.rglob("*") if path.is_file()}
    assert names == {
        path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*") if path.is_file()
    }
    assert all((tmp_path / "out" / name).read_bytes() == (layout / name).read_bytes() for name in names)


def test_docker_of_old_finds_the_same_configuration_and_gzipped_layers(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/file").write_text("x")
    layers = (Layer(LIBC, scan(tmp_path / "tree")),)
    blobs = Store(tmp_path / "store").blobs(tmp_path / "tree", layers, ["gzip", "zstd"], IMAGE.epoch)
    assert blobs["gzip"][0].diff_id == blobs["zstd"][0].diff_id
    config = IMAGE.config(layers, [blobs["zstd"][0].diff_id])
    image_id = docker.write_archive(
        tmp_path / "a.tar", replace(IMAGE, version="1.0+b"), config, blobs["gzip"]
    )
    unpack(tmp_path / "a.tar", tmp_path / "out")
    (image,) = json.loads((tmp_path / "out/manifest.json").read_text())
    assert image["RepoTags"] == ["courier:1.0_b"]
    assert (tmp_path / "out" / image["Config"]).read_bytes() == config
    assert image_id == f"sha256:{hashlib.sha256(config).hexdigest()}"
    content = gzip.decompress((tmp_path / "out" / image["Layers"][0]).read_bytes())
    assert hashlib.sha256(content).hexdigest() == blobs["gzip"][0].diff_id
