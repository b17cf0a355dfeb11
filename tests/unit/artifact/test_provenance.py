"""The provenance of a build: its artifacts, its inputs, and nothing of the machine."""

from __future__ import annotations

import getpass
import hashlib
import json
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from beamwright.artifact import provenance
from tests.unit.artifact.finished import LOCK, finished


def text(folder: Path, revision: str = "") -> str:
    build = finished(folder, revision=revision)
    later = datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
    return provenance.write(
        build.fleet, build.made, build.wanted, build.report, "ef" * 32, build.started, later
    )


def statement(folder: Path, revision: str = "") -> Any:
    return json.loads(text(folder, revision))


def test_it_is_a_statement_about_the_tree_and_each_artifact(tmp_path: Path) -> None:
    found = statement(tmp_path)
    assert (found["_type"], found["predicateType"]) == (
        "https://in-toto.io/Statement/v1",
        "https://slsa.dev/provenance/v1",
    )
    digests = {subject["name"]: subject["digest"]["sha256"] for subject in found["subject"]}
    tarball = tmp_path / "dist/shop-1.0.0/shop-1.0.0.tar.gz"
    assert digests[tarball.name] == hashlib.sha256(tarball.read_bytes()).hexdigest()
    files = (f"shop-1.0.0.{kind}" for kind in ("tar.gz", "oci.tar", "docker.tar"))
    assert set(digests) == {"tree", "oci", "docker", *files}
    index = json.loads((tarball.parent / "oci/index.json").read_bytes())
    assert index["manifests"][0]["digest"] == f"sha256:{digests['oci']}"


def test_what_was_asked_for_is_said(tmp_path: Path) -> None:
    assert statement(tmp_path)["predicate"]["buildDefinition"]["externalParameters"] == {
        "project": "shop",
        "tool": "mix",
        "release": "shop",
        "profile": "prod",
        "environment": "production",
        "toolchain": {"image": None, "packages": [], "otp": None},
        "beside": {"shell": False, "include": []},
        "kinds": ["docker", "oci", "tarball"],
        "sourceDateEpoch": 1_700_000_000,
    }


@pytest.mark.parametrize(
    ("revision", "source"),
    [
        ("", []),
        ("abc", [{"name": "source", "digest": {"gitCommit": "abc"}, "annotations": {"dirty": False}}]),
        ("abc-dirty", [{"name": "source", "digest": {"gitCommit": "abc"}, "annotations": {"dirty": True}}]),
    ],
    ids=["no git", "clean", "dirty"],
)
def test_what_it_was_made_of_is_said(tmp_path: Path, revision: str, source: list[Any]) -> None:
    found = statement(tmp_path, revision)["predicate"]["buildDefinition"]["resolvedDependencies"]
    lock = hashlib.sha256(LOCK.encode()).hexdigest()
    assert found == [
        *source,
        {"name": "toolchain", "digest": {"sha256": "ab" * 32}},
        {"name": "mix.lock", "digest": {"sha256": lock}},
    ]


def test_the_times_are_those_of_the_build(tmp_path: Path) -> None:
    metadata = statement(tmp_path)["predicate"]["runDetails"]["metadata"]
    assert (metadata["startedOn"], metadata["finishedOn"]) == ("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z")


def test_nothing_of_the_machine_is_in_it(tmp_path: Path) -> None:
    found = text(tmp_path)
    words = {str(tmp_path), str(Path.home()), socket.gethostname(), f'"{getpass.getuser()}"'}
    assert not [word for word in words if word in found]
