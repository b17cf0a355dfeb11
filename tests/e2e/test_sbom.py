"""SBOM and provenance of the examples: what is in the tree is in the SBOM, by name and package."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from beamwright import fleet
from beamwright.artifact import Artifact, proof, sidecar
from beamwright.release.digest import of_file
from beamwright.toolchain import Engine, here
from beamwright.toolchain.sidecar import make_root
from tasks import CACHE

pytestmark = pytest.mark.docker


@pytest.fixture(params=["courier", "depot"])
def built(request: pytest.FixtureRequest) -> Artifact:
    """Each of the two examples: one of Elixir, one of Erlang."""
    found: Artifact = request.getfixturevalue(f"built_{request.param}")
    return found


@pytest.fixture
def sbom(built: Artifact) -> dict[str, Any]:
    """The SBOM, which is valid and is the one that the manifest names."""
    content = (built.folder / "sbom.cdx.json").read_bytes()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(content.decode()) is None
    assert hashlib.sha256(content).hexdigest() == built.manifest().sbom
    found: dict[str, Any] = json.loads(content)
    return found


@pytest.fixture(scope="module")
def rabbitmq() -> Artifact:
    """RabbitMQ's artifact, as every build beside a sidecar makes it."""
    return sidecar.build(make_root, CACHE, print)


def of_type(sbom: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """The components of a type of package URL, by name."""
    return {
        part["name"]: part for part in sbom["components"] if part.get("purl", "").startswith(f"pkg:{kind}/")
    }


def files(part: dict[str, Any]) -> dict[str, str]:
    """The files that are listed of a component, with their digests."""
    return {file["name"]: file["hashes"][0]["content"] for file in part.get("components", [])}


def test_every_application_is_listed_with_its_version(built: Artifact, sbom: dict[str, Any]) -> None:
    paths = [PurePosixPath(entry.path).parts for entry in built.manifest().entries]
    folders = {parts[2] for parts in paths if parts[:2] == ("app", "lib") and len(parts) == 3}
    listed = of_type(sbom, "otp")
    assert {f"{name}-{part['version']}" for name, part in listed.items() if name != "erts"} == folders
    for name in ("erts", "kernel", "crypto"):
        assert listed[name]["licenses"] == [{"license": {"id": "Apache-2.0"}}]


def test_every_native_file_is_of_a_debian_package(built: Artifact, sbom: dict[str, Any]) -> None:
    packages = of_type(sbom, "deb")
    listed = {path: digest for part in packages.values() for path, digest in files(part).items()}
    assert listed == {
        entry.path: entry.content
        for entry in built.manifest().entries
        if entry.type == "f" and entry.path.startswith(("usr/", "lib", "etc/ssl/"))
    }
    for name, file in (("libc6", "libc.so.6"), ("libssl3t64", "libcrypto.so.3")):
        assert file in {PurePosixPath(path).name for path in files(packages[name])}
        assert packages[name]["version"] and "distro=trixie" in packages[name]["purl"]
    assert "etc/ssl/certs/ca-certificates.crt" in files(packages["ca-certificates"])
    assert "erlang-base" in packages


def test_programs_and_nifs_are_listed_with_their_application(built: Artifact, sbom: dict[str, Any]) -> None:
    listed = {file for part in of_type(sbom, "otp").values() for file in files(part)}
    names = {PurePosixPath(file).name for file in listed}
    assert names >= {"beam.smp", "erl_child_setup", "crypto.so"}
    assert ("weigh" in names) == (built.name == "courier")


def test_the_provenance_names_what_was_made_and_from_what(built: Artifact, engine: Engine) -> None:
    content = (built.folder / "provenance.json").read_bytes()
    assert hashlib.sha256(content).hexdigest() == built.manifest().provenance
    statement = json.loads(content)
    digests = {subject["name"]: subject["digest"]["sha256"] for subject in statement["subject"]}
    assert digests["tree"] == built.digest
    assert digests[built.tarball.name] == of_file(built.tarball)
    definition = statement["predicate"]["buildDefinition"]
    image = engine.client.images.get(definition["internalParameters"]["toolchain"])
    assert {"name": "toolchain", "digest": {"sha256": str(image.id)[7:]}} in definition[
        "resolvedDependencies"
    ]


def test_it_is_what_its_signer_vouched_for_until_a_bit_flips(built: Artifact, tmp_path: Path) -> None:
    declared = fleet.load(built.folder.parents[1] / "fleet.toml")
    checks = list(proof.prove(here.run, declared, built.folder))
    assert [check for check in checks if not check.ok] == []
    kinds = (".tar.gz", ".oci.tar", ".docker.tar")
    assert {check.text.partition(":")[0] for check in checks} >= {
        f"{built.folder.name}{kind}" for kind in kinds
    }
    copy = tmp_path / "copy"
    shutil.copytree(built.folder, copy, copy_function=os.link)
    content = bytearray(built.tarball.read_bytes())
    content[len(content) // 2] ^= 1
    (copy / built.tarball.name).unlink()
    (copy / built.tarball.name).write_bytes(content)
    wrong = [check.text for check in proof.prove(here.run, declared, copy) if not check.ok]
    assert wrong == [built.tarball.name]


def test_every_file_of_rabbitmq_is_of_a_debian_package_or_ours(rabbitmq: Artifact) -> None:
    content = (rabbitmq.folder / "sbom.cdx.json").read_text("utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(content) is None
    sbom = json.loads(content)
    packages = of_type(sbom, "deb")
    ours = files(of_type(sbom, "otp")["beamwright_node"])
    assert set(ours) >= {"etc/nsswitch.conf", "usr/lib/beamwright/beamwright_epmd.beam"}
    listed = [*ours.items(), *(file for part in packages.values() for file in files(part).items())]
    entries = [entry for entry in rabbitmq.manifest().entries if entry.type == "f"]
    assert sorted(listed) == [(entry.path, entry.content) for entry in entries]
    assert len(sbom["components"]) == len(packages) + 1
    for name, source in (("libc6", "glibc"), ("erlang-base", "erlang")):
        assert packages[name]["version"] and f"&upstream={source}" in packages[name]["purl"]
    assert {"license": {"id": "Apache-2.0"}} in packages["libssl3t64"]["licenses"]


def test_rabbitmq_is_proven_from_its_signature_down(
    rabbitmq: Artifact, built_depot: Artifact, tmp_path: Path
) -> None:
    declared = fleet.load(built_depot.folder.parents[1] / "fleet.toml")
    sidecar.sign(here.run, declared, rabbitmq, tmp_path)
    signed = sidecar.find(CACHE, tmp_path)
    checks = list(proof.prove_sidecar(here.run, declared, signed))
    assert [check for check in checks if not check.ok] == []
    looked_at = {check.text.split(": ")[1] for check in checks}
    assert looked_at >= {"signature", "sbom.cdx.json", "provenance.json", "tree", rabbitmq.tarball.name}
    copy = tmp_path / "copy"
    shutil.copytree(rabbitmq.folder, copy)
    (copy / "sbom.cdx.json").write_text("{}")
    wrong = proof.prove_sidecar(here.run, declared, replace(signed, folder=copy))
    assert [check.text for check in wrong if not check.ok] == [f"rabbitmq {signed.version}: sbom.cdx.json"]
