"""The SBOM of a small tree: every part with where it comes from, by the official schema."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from beamwright.artifact.seal import Finished, describe
from beamwright.release.boot import Otp
from tests.unit.artifact.finished import APPLICATIONS, CHECKSUM, ELF, LIBC, LOCK, REVISION, finished

OTP = "vcs_url=git%2Bhttps://github.com/erlang/otp.git"


def sbom(folder: Path, *, packages: bool = True) -> dict[str, Any]:
    """The SBOM of the small tree, which is valid."""
    text = finished(folder, packages=packages).sbom
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    found: dict[str, Any] = json.loads(text)
    return found


def parts(bom: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The components by their package URL, or by their name."""
    return {part.get("purl", part["name"]): part for part in bom["components"]}


def properties(part: dict[str, Any]) -> dict[str, str]:
    return {each["name"].removeprefix("beamwright:"): each["value"] for each in part["properties"]}


def licences(part: dict[str, Any]) -> list[str]:
    return [each["license"].get("id") or each["license"]["name"] for each in part.get("licenses", [])]


@pytest.mark.parametrize(
    ("purl", "source", "stated"),
    [
        (f"pkg:otp/erts@15.2?{OTP}", "otp", ["Apache-2.0"]),
        (f"pkg:otp/kernel@10.2?{OTP}", "otp", ["Apache-2.0"]),
        (f"pkg:otp/stdlib@6.2?{OTP}", "otp", ["Apache-2.0"]),
        (
            "pkg:otp/elixir@1.18.3?vcs_url=git%2Bhttps://github.com/elixir-lang/elixir.git",
            "elixir",
            ["Apache-2.0"],
        ),
        ("pkg:otp/shop@1.0.0", "project", ["MIT"]),
        ("pkg:otp/beamwright_node@0.1.0", "beamwright", ["Apache-2.0"]),
        ("pkg:hex/jason@1.4.4", "hex", ["Apache-2.0"]),
        ("pkg:hex/acme/secret@0.2.0?repository_url=https://repo.hex.pm/repos/acme", "hex", []),
        (f"pkg:github/acme/tally@{REVISION}", "git", ["ISC", "MIT"]),
        (
            f"pkg:otp/scale@0.1.0?vcs_url=git%2Bhttps://example.net/acme/scale.git%40{REVISION}",
            "git",
            [],
        ),
        ("pkg:otp/neighbour@0.1.0", "path", []),
        ("pkg:deb/debian/erlang-base@1:27.3-1?arch=amd64&distro=trixie&upstream=erlang", "distribution", []),
        (
            "pkg:deb/debian/libc6@2.41-12%2Bb1?arch=amd64&distro=trixie&upstream=glibc%402.41-12",
            "distribution",
            ["LGPL-2.1+"],
        ),
        ("opt/weigh", "unknown", []),
    ],
)
def test_each_part_says_where_it_is_from(tmp_path: Path, purl: str, source: str, stated: list[str]) -> None:
    part = parts(sbom(tmp_path))[purl]
    assert (properties(part)["source"], licences(part)) == (source, stated)


def test_nothing_else_is_listed(tmp_path: Path) -> None:
    others = {"erts", "erlang-base", "libc6", "opt/weigh"}
    names = [part["name"] for part in sbom(tmp_path)["components"]]
    assert sorted(names) == sorted(others | {name.rpartition("-")[0] for name in APPLICATIONS})


def test_a_package_of_hex_has_the_checksum_of_its_lock(tmp_path: Path) -> None:
    part = parts(sbom(tmp_path))["pkg:hex/jason@1.4.4"]
    assert part["hashes"] == [{"alg": "SHA-256", "content": CHECKSUM}]
    assert part["externalReferences"] == [
        {"type": "distribution", "url": "https://repo.hex.pm/tarballs/jason-1.4.4.tar"}
    ]


def test_programs_and_libraries_are_listed_with_their_digests(tmp_path: Path) -> None:
    found = parts(sbom(tmp_path))
    files = {
        file["name"]: file["hashes"][0]["content"]
        for part in found.values()
        for file in part.get("components", [])
    }
    digest = hashlib.sha256(ELF).hexdigest()
    programs = ("app/erts-15.2/bin/beam.smp", "app/lib/shop-1.0.0/priv/nif.so", LIBC)
    assert files == dict.fromkeys(programs, digest)
    assert found["opt/weigh"]["hashes"][0]["content"] == digest


def test_otp_of_a_package_names_the_package(tmp_path: Path) -> None:
    found = parts(sbom(tmp_path))
    package = properties(found[f"pkg:otp/kernel@10.2?{OTP}"])["package"]
    assert found[package]["name"] == "erlang-base"


def test_a_toolchain_of_no_packages_is_said(tmp_path: Path) -> None:
    bom = sbom(tmp_path, packages=False)
    assert properties(bom["metadata"])["distribution"].startswith("unknown: the toolchain has no dpkg")
    assert parts(bom)[LIBC]["type"] == "file"


def test_who_needs_whom(tmp_path: Path) -> None:
    bom = sbom(tmp_path)
    graph = {each["ref"]: set(each.get("dependsOn", [])) for each in bom["dependencies"]}
    assert graph[f"pkg:otp/stdlib@6.2?{OTP}"] == {f"pkg:otp/kernel@10.2?{OTP}"}
    assert "pkg:hex/jason@1.4.4" in graph["pkg:otp/shop@1.0.0"]
    assert graph["release"] >= {"pkg:otp/shop@1.0.0", "pkg:otp/beamwright_node@0.1.0", "opt/weigh"}
    reached, todo = set[str](), ["release"]
    while todo:
        ref = todo.pop()
        reached.add(ref)
        todo += graph[ref] - reached
    assert reached == set(graph) == {part["bom-ref"] for part in bom["components"]} | {"release"}


def again(build: Finished) -> str:
    """The SBOM of what the build has become since it was made."""
    return describe(build.fleet, build.made, build.manifest, build.wanted.epoch)


def test_the_application_is_what_it_is_about(tmp_path: Path) -> None:
    build = finished(tmp_path)
    metadata = json.loads(build.sbom)["metadata"]
    about = metadata["component"]
    assert (about["name"], about["version"], licences(about)) == ("shop", "1.0.0", ["MIT"])
    assert about["hashes"] == [{"alg": "SHA-256", "content": build.manifest.digest}]
    assert metadata["timestamp"] == "2023-11-14T22:13:20+00:00"


def test_the_same_tree_has_the_same_sbom_wherever_it_is(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    first, second = (finished(tmp_path / name).sbom for name in ("one", "other"))
    assert first == second
    assert str(tmp_path) not in first


@pytest.mark.parametrize(
    ("url", "purl"),
    [
        ("https://user:pa55@github.com/Acme/Tally.git", f"pkg:github/acme/tally@{REVISION}"),
        ("ssh://git@github.com/acme/tally", f"pkg:github/acme/tally@{REVISION}"),
        (
            "https://token@example.net/tally.git",
            f"pkg:otp/tally@0.9.0?vcs_url=git%2Bhttps://example.net/tally.git%40{REVISION}",
        ),
        ("/home/somebody/tally", "pkg:otp/tally@0.9.0"),
        ("file:///home/somebody/tally", "pkg:otp/tally@0.9.0"),
    ],
)
def test_a_repository_is_named_without_passwords_and_paths_of_the_machine(
    tmp_path: Path, url: str, purl: str
) -> None:
    build = finished(tmp_path)
    lock = build.made.origin.mirror / "mix.lock"
    lock.write_text(LOCK.replace("git@github.com:Acme/Tally.git", url))
    text = again(build)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert purl in parts(json.loads(text))
    assert not [word for word in ("pa55", "token", "somebody") if word in text]


def test_what_is_prebuilt_is_told_from_what_the_toolchain_brought(tmp_path: Path) -> None:
    build = finished(tmp_path, packages=False)
    project = replace(build.fleet.project, tool="prebuilt")
    made = replace(build.made, otp=Otp("26", frozenset({"kernel-9.9", "stdlib-5.5"})))
    build = replace(build, fleet=replace(build.fleet, project=project), made=made)
    found = {part["name"]: properties(part)["source"] for part in json.loads(again(build))["components"]}
    assert (found["kernel"], found["elixir"], found["shop"]) == ("otp", "elixir", "project")
    assert (found["jason"], found["neighbour"]) == ("prebuilt", "prebuilt")
