"""Whatever is changed of a build after it was signed, `verify-artifact` names it."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from beamwright.artifact.checks import Check, demand
from beamwright.artifact.proof import prove, signed
from beamwright.errors import BuildError, ConfigError
from beamwright.fleet import Fleet, signers, ssh_key
from beamwright.toolchain import here
from tests.unit.artifact.finished import sealed

Tamper = Callable[[Fleet, Path], None]


def proven(fleet: Fleet, folder: Path) -> dict[str, Check]:
    """The checks by their first word."""
    return {check.text.partition(":")[0]: check for check in prove(here.run, fleet, folder)}


def test_a_build_holds_as_it_was_made(tmp_path: Path) -> None:
    fleet, folder = sealed(tmp_path)
    found = proven(fleet, folder)
    assert [check.problem for check in found.values() if not check.ok] == []
    assert list(found) == [
        *("signature", "meant for", "sbom.cdx.json", "provenance.json", "tree", "report.json"),
        *("shop-1.0.0.docker.tar", "shop-1.0.0.oci.tar", "shop-1.0.0.tar.gz", "oci"),
        "image.json",
    ]
    demand(found.values())


def test_it_holds_wherever_it_is_moved(tmp_path: Path) -> None:
    fleet, folder = sealed(tmp_path)
    moved = tmp_path / "elsewhere"
    folder.rename(moved)
    demand(proven(fleet, moved).values())


def flip(path: Path) -> None:
    """Turns one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def flip_tarball(_: Fleet, folder: Path) -> None:
    flip(folder / "shop-1.0.0.tar.gz")


def swap_tarball(_: Fleet, folder: Path) -> None:
    """The tarball of another build, whole in itself, with a file more."""
    with tarfile.open(folder / "shop-1.0.0.tar.gz", "w:gz") as archive:
        archive.add(__file__, "bin/backdoor")


def flip_archive(_: Fleet, folder: Path) -> None:
    flip(folder / "shop-1.0.0.oci.tar")


def flip_docker(_: Fleet, folder: Path) -> None:
    flip(folder / "shop-1.0.0.docker.tar")


def flip_blob(_: Fleet, folder: Path) -> None:
    flip(max((folder / "oci/blobs/sha256").iterdir(), key=lambda path: path.stat().st_size))


def another_image(_: Fleet, folder: Path) -> None:
    """A layout that is right in itself, of another manifest."""
    index = folder / "oci/index.json"
    blobs = folder / "oci/blobs/sha256"
    digest = json.loads(index.read_bytes())["manifests"][0]["digest"].removeprefix("sha256:")
    content = (blobs / digest).read_bytes() + b"\n"
    (blobs / digest).unlink()
    other = subprocess.run(["sha256sum"], input=content, capture_output=True, check=True).stdout.decode()[:64]
    (blobs / other).write_bytes(content)
    edit(index, digest, other)


def edit_manifest(_: Fleet, folder: Path) -> None:
    edit(folder / "manifest.json", '"counter":', '"counter":9')


def edit_tree(_: Fleet, folder: Path) -> None:
    edit(folder / "manifest.json", '"0755"', '"4755"')


def edit_sbom(_: Fleet, folder: Path) -> None:
    edit(folder / "sbom.cdx.json", "1.4.4", "1.4.5")


def edit_provenance(_: Fleet, folder: Path) -> None:
    edit(folder / "provenance.json", '"dirty": true', '"dirty": false')


def edit_report(_: Fleet, folder: Path) -> None:
    digest = json.loads((folder / "report.json").read_text())["artifacts"][1]["digest"]
    edit(folder / "report.json", digest, "sha256:" + "0" * 64)


def lose_tarball(_: Fleet, folder: Path) -> None:
    (folder / "shop-1.0.0.tar.gz").unlink()


def add_artifact(_: Fleet, folder: Path) -> None:
    shutil.copy(folder / "shop-1.0.0.tar.gz", folder / "shop-1.0.1.tar.gz")


def unsign(_: Fleet, folder: Path) -> None:
    (folder / "manifest.json.sig").unlink()


def edit_image(_: Fleet, folder: Path) -> None:
    edit(folder / "image.json", '"counter":', '"counter":9')


def unsign_image(_: Fleet, folder: Path) -> None:
    (folder / "image.json.sig").unlink()


def sign_again(folder: Path, key: Path, namespace: str) -> None:
    content = (folder / "manifest.json").read_bytes()
    sign = ("ssh-keygen", "-Y", "sign", "-q", "-n", namespace, "-f", str(key))
    signed = subprocess.run(sign, input=content, capture_output=True, check=True).stdout
    (folder / "manifest.json.sig").write_bytes(signed)


def another_key(fleet: Fleet, folder: Path) -> None:
    ssh_key.make(fleet.folder / "strange")
    sign_again(folder, fleet.folder / "strange", signers.NAMESPACE)


def another_namespace(fleet: Fleet, folder: Path) -> None:
    sign_again(folder, fleet.signing.key, "file")


def expired(fleet: Fleet, folder: Path) -> None:
    edit(fleet.signing.allowed_signers, "namespaces=", 'valid-before="20200101",namespaces=')


@pytest.mark.parametrize(
    ("tamper", "wrong"),
    [
        (flip_tarball, {"shop-1.0.0.tar.gz"}),
        (swap_tarball, {"shop-1.0.0.tar.gz"}),
        (lose_tarball, {"shop-1.0.0.tar.gz"}),
        (add_artifact, {"shop-1.0.1.tar.gz"}),
        (flip_archive, {"shop-1.0.0.oci.tar"}),
        (flip_docker, {"shop-1.0.0.docker.tar"}),
        (flip_blob, {"oci", "image.json"}),
        (another_image, {"oci", "image.json"}),
        (edit_manifest, {"signature", "image.json"}),
        (edit_tree, {"signature", "manifest.json"}),
        (edit_sbom, {"sbom.cdx.json"}),
        (edit_provenance, {"provenance.json"}),
        (edit_report, {"report.json"}),
        (unsign, {"signature"}),
        (another_key, {"signature"}),
        (another_namespace, {"signature"}),
        (expired, {"signature", "image.json"}),
        (edit_image, {"image.json"}),
        (unsign_image, {"image.json"}),
    ],
)
def test_what_was_tampered_with_is_named(tmp_path: Path, tamper: Tamper, wrong: set[str]) -> None:
    fleet, folder = sealed(tmp_path, revision="abc-dirty")
    tamper(fleet, folder)
    found = proven(fleet, folder)
    assert {name for name, check in found.items() if not check.ok} == wrong
    with pytest.raises(BuildError, match="do not use this build") as refused:
        demand(found.values())
    assert refused.value.exit_code == 3


@pytest.mark.parametrize(
    ("fleet_file", "told"),
    [
        ('environment = "staging"\n', "shop in production, and not shop in staging"),
        ("", "shop in production, and not till in production"),
    ],
)
def test_a_build_for_something_else_is_told(tmp_path: Path, fleet_file: str, told: str) -> None:
    fleet, folder = sealed(tmp_path)
    name = "shop" if fleet_file else "till"
    environment = "staging" if fleet_file else "production"
    other = replace(fleet, environment=environment, project=replace(fleet.project, name=name))
    assert proven(other, folder)["meant for"].problem == told


def test_unsigned_holds_where_the_fleet_file_allows_it(tmp_path: Path) -> None:
    fleet, folder = sealed(tmp_path)
    unsign(fleet, folder)
    fleet = replace(fleet, signing=replace(fleet.signing, unsigned=True))
    assert proven(fleet, folder)["signature"].text == "signature: none, and the fleet file allows that"


def test_a_folder_without_a_build_is_told(tmp_path: Path) -> None:
    fleet, _ = sealed(tmp_path)
    with pytest.raises(ConfigError, match="holds no manifest"):
        proven(fleet, tmp_path)


@pytest.mark.parametrize("tamper", [edit_report, edit_provenance, unsign, another_key, expired])
def test_what_is_pushed_is_what_is_signed_for(tmp_path: Path, tamper: Tamper) -> None:
    fleet, folder = sealed(tmp_path, revision="abc-dirty")
    demand(signed(here.run, fleet, folder))
    tamper(fleet, folder)
    with pytest.raises(BuildError, match="do not use this build"):
        demand(signed(here.run, fleet, folder))
