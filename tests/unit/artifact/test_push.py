"""Where an image is pushed to, and in which order its parts go."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from beamwright.artifact.image import Image
from beamwright.artifact.layers import LIBC, Layer
from beamwright.artifact.manifest import Entry
from beamwright.artifact.oci import write_layout
from beamwright.artifact.push import Sent, locate, neighbour, push
from beamwright.artifact.report import Part, Report, Shipped
from beamwright.artifact.store import Store
from beamwright.errors import BuildError, ConfigError, UnreachableError

LINKED = Layer(LIBC, (Entry("link", "0777", "l", 0, "target"),))


class Memory:
    """A registry in memory; a tag that was put shows `shown`, or what it is."""

    def __init__(self, blobs: set[str], shown: str = "") -> None:
        self.blobs = blobs
        self.manifests: dict[str, str] = {}
        self.calls: list[str] = []
        self._shown = shown

    def has_blob(self, digest: str) -> bool:
        return digest in self.blobs

    def put_blob(self, digest: str, content: Path) -> int:
        self.calls.append("blob")
        self.blobs.add(digest)
        return content.stat().st_size

    def put_manifest(self, tag: str, content: bytes, media_type: str) -> None:
        self.calls.append(f"manifest {tag}")
        assert all(layer["digest"] in self.blobs for layer in json.loads(content)["layers"])
        self.manifests[tag] = self._shown

    def manifest_digest(self, tag: str) -> str:
        return self.manifests.get(tag, "")


@pytest.fixture
def report(tmp_path: Path) -> Report:
    blobs = Store(tmp_path / "store").blobs(tmp_path, [LINKED], ["zstd"], 7)["zstd"]
    image = Image("courier", "1.0", "amd64", ("x",), (), (), 7)
    digest = write_layout(tmp_path / "oci", image, image.config([LINKED], [blobs[0].diff_id]), blobs)
    shipped = (Shipped("oci", "courier.oci.tar", digest, 1, 1),)
    return Report("courier", "1.0", "d" * 64, tmp_path, shipped, (Part(LIBC, 0),), (), ())


@pytest.mark.parametrize(
    ("repository", "to", "found"),
    [
        ("r.example/team/app", "", "r.example/team/app:1.0_b"),
        ("r.example/team/app", "localhost:5000/app", "localhost:5000/app:1.0_b"),
        (None, "localhost:5000/app:latest", "localhost:5000/app:latest"),
        (None, "r.example/a/b/c:x", "r.example/a/b/c:x"),
    ],
)
def test_a_reference_is_what_was_asked_for_or_the_fleet_s(
    repository: str | None, to: str, found: str
) -> None:
    assert str(locate(repository, to, "1.0+b")) == found


@pytest.mark.parametrize(
    "to",
    ["", "app", "r.example", "r.example/App", "https://r.example/app", "r.example/a:b c", "r.example/:x"],
)
def test_what_is_no_reference_is_told(to: str) -> None:
    with pytest.raises(ConfigError):
        locate(None, to, "1.0")


@pytest.mark.parametrize(
    ("repository", "found"),
    [(None, ""), ("r.example/app", ""), ("r.example/team/other", "team/other"), ("other.example/x", "")],
)
def test_only_another_repository_of_the_same_registry_is_a_neighbour(
    repository: str | None, found: str
) -> None:
    assert neighbour(repository, locate(None, "r.example/app", "1.0")) == found


def test_the_manifest_comes_last_and_names_only_what_is_there(report: Report) -> None:
    digest = report.artifacts[0].digest
    registry, told = Memory(set(), digest), list[Sent]()
    pushed = push(report, registry, locate(None, "r.example/app", "1.0"), told.append)
    assert registry.calls == ["blob", "blob", "manifest 1.0"]
    assert (pushed.digest, list(pushed.blobs)) == (digest, told)
    registry.calls.clear()
    push(report, registry, locate(None, "r.example/app", "1.0"), told.append)
    assert registry.calls == []


def test_a_tag_that_was_another_image_s_is_told(report: Report) -> None:
    digest, reference = report.artifacts[0].digest, locate(None, "r.example/app", "1.0")
    registry = Memory(set(), digest)
    assert push(report, registry, reference, lambda _: None).replaced == ""
    registry.manifests["1.0"] = "sha256:other"
    assert push(report, registry, reference, lambda _: None).replaced == "sha256:other"
    assert push(report, registry, reference, lambda _: None).replaced == ""


def test_a_registry_that_shows_another_image_is_not_believed(report: Report) -> None:
    with pytest.raises(UnreachableError, match="sha256:other"):
        push(report, Memory(set(), "sha256:other"), locate(None, "r.example/app", "1.0"), lambda _: None)


def test_a_build_without_an_image_or_with_a_damaged_one_is_told(report: Report) -> None:
    reference = locate(None, "r.example/app", "1.0")
    next((report.folder / "oci/blobs/sha256").glob(report.artifacts[0].digest[7:])).write_text("{}")
    with pytest.raises(BuildError, match="damaged"):
        push(report, Memory(set()), reference, lambda _: None)
    shutil.rmtree(report.folder / "oci")
    with pytest.raises(BuildError, match="oci is missing"):
        push(report, Memory(set()), reference, lambda _: None)
    tarball = Report("courier", "1.0", "d" * 64, report.folder, (), (), (), ())
    with pytest.raises(BuildError, match="no image"):
        push(tarball, Memory(set()), reference, lambda _: None)
