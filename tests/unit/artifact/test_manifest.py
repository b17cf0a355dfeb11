"""What a manifest says of a tree, and what it refuses to ship."""

from __future__ import annotations

import hashlib
import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from beamwright.artifact.manifest import Entry, Manifest, scan
from beamwright.errors import BuildError


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "app/bin").mkdir(parents=True)
    (tmp_path / "app/bin/run").write_text("#!/bin/sh\n")
    (tmp_path / "app/bin/run").chmod(0o755)
    (tmp_path / "app/bin/link").symlink_to("run")
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp").chmod(0o1777)
    (tmp_path / "app").chmod(0o755)
    (tmp_path / "app/bin").chmod(0o755)
    return tmp_path


def manifest(entries: tuple[Entry, ...], **changes: Any) -> Manifest:
    return replace(Manifest("courier", "1.0", "amd64", "15", "27", "now", entries), **changes)


def test_every_file_folder_and_link_is_listed_once_sorted_by_path(tree: Path) -> None:
    digest = hashlib.sha256(b"#!/bin/sh\n").hexdigest()
    assert scan(tree) == (
        Entry("app", "0755", "d", 0, "-"),
        Entry("app/bin", "0755", "d", 0, "-"),
        Entry("app/bin/link", "0777", "l", 0, "run"),
        Entry("app/bin/run", "0755", "f", 10, digest),
        Entry("tmp", "1777", "d", 0, "-"),
    )


def test_the_digest_is_over_the_files_and_not_over_when_they_were_built(tree: Path) -> None:
    before = manifest(scan(tree))
    os.utime(tree / "app/bin/run", (0, 0))
    assert manifest(scan(tree), created="later").digest == before.digest


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: (tree / "app/bin/run").write_text("#!/bin/su\n"),
        lambda tree: (tree / "app/bin/run").chmod(0o644),
        lambda tree: (tree / "new").write_text(""),
        lambda tree: ((tree / "app/bin/link").unlink(), (tree / "app/bin/link").symlink_to("other")),
    ],
    ids=["content", "mode", "new file", "link target"],
)
def test_every_change_of_a_tree_changes_its_digest(tree: Path, change) -> None:  # type: ignore[no-untyped-def]
    before = manifest(scan(tree)).digest
    change(tree)
    assert manifest(scan(tree)).digest != before


def test_a_manifest_survives_its_own_json(tree: Path) -> None:
    original = manifest(scan(tree), environment="staging", counter=7, sbom="ab", provenance="cd")
    assert Manifest.from_json(original.to_json()) == original


def test_a_manifest_that_was_changed_is_refused(tree: Path) -> None:
    text = manifest(scan(tree)).to_json().replace("0755", "4755")
    with pytest.raises(BuildError, match="damaged"):
        Manifest.from_json(text)


def test_checksums_are_what_sha256sum_checks(tree: Path) -> None:
    digest = hashlib.sha256(b"#!/bin/sh\n").hexdigest()
    assert manifest(scan(tree)).checksums() == f"{digest}  app/bin/run\n"


@pytest.mark.parametrize("name", ["releases/COOKIE", "home/.erlang.cookie"])
def test_secrets_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("x")
    with pytest.raises(BuildError, match="is an Erlang cookie"):
        scan(tmp_path)


@pytest.mark.parametrize(
    "name", ["a\tb", "a\nb", "a\rb", "a\x1b[2Jb", "a\x01b", "a\\b", "x],[y", "a],[/b", "a\udcffb"], ids=ascii
)
@pytest.mark.parametrize("is_folder", [False, True], ids=["file", "folder"])
def test_a_name_that_hosts_would_read_otherwise_is_refused(
    tmp_path: Path, name: str, is_folder: bool
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).mkdir() if is_folder else (tmp_path / name).write_text("x")
    with pytest.raises(BuildError, match="can't be shipped: a control character, a backslash") as refused:
        scan(tmp_path)
    assert refused.value.message.isprintable()


def test_a_socket_is_refused(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        with pytest.raises(BuildError, match="neither file"):
            scan(tmp_path)


def test_a_digest_that_is_known_is_not_made_again(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text("x")
    known, made = (entry.content for entry in scan(tmp_path, {"a": "ab" * 32}))
    assert (known, made) == ("ab" * 32, hashlib.sha256(b"x").hexdigest())
