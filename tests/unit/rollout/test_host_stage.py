"""How the helper takes a release in: by deltas, verified whole."""

from __future__ import annotations

import os
import shutil

import pytest

from beamwright.artifact.manifest import scan
from tests.unit.rollout.host import FolderHost, leftovers, tree


def test_a_delta_makes_the_tree_that_the_manifest_says(host: FolderHost) -> None:
    same = {"app/lib/a.beam": "a" * 5000, "app/lib/m.beam": "m"}
    base = host.artifact("0.1.0", {**same, "app/lib/b.beam": "b", "app/lib/old/c.beam": "c", "etc": "file"})
    host.send(base)
    new_tree = host.root / "dist/0.2.0/tree"
    (new_tree / "app/lib").mkdir(parents=True)
    (new_tree / "app/lib/old").symlink_to("../bin")
    (new_tree / "app/lib/m.beam").write_text("m")
    (new_tree / "app/lib/m.beam").chmod(0o555)
    new = host.artifact("0.2.0", {"app/lib/a.beam": "a" * 5000, "app/lib/b.beam": "B", "etc/passwd": "in it"})
    result = host.send(new, base)
    assert (result.returncode, result.stderr) == (0, b"")
    assert scan(tree(host, new.release_id)) == new.manifest().entries
    assert scan(tree(host, base.release_id)) == base.manifest().entries
    shared = "app/bin/erlexec"
    assert (tree(host, new.release_id) / shared).samefile(tree(host, base.release_id) / shared)
    assert leftovers(host) == []
    assert host.say("manifest", "courier", new.release_id) == new.manifest().text()
    host.say("check", "courier", new.release_id)


def test_a_bit_that_flipped_in_the_base_does_not_spread_and_the_next_try_sends_everything(
    host: FolderHost,
) -> None:
    base, new = host.artifact("0.1.0", {"app/data": "0000"}), host.artifact("0.2.0", {"app/data": "0000"})
    host.send(base)
    (tree(host, base.release_id) / "app/data").write_text("0010")
    result = host.send(new, base)
    assert result.returncode == 1
    assert f"{base.release_id} is damaged on this host".encode() in result.stderr
    assert host.app.releases == ()
    assert host.send(new).returncode == 0
    assert host.send(base).returncode == 0
    assert set(host.app.releases) == {base.release_id, new.release_id}
    assert leftovers(host) == []


@pytest.mark.parametrize("how", ["staged", "switched to"])
def test_a_bit_that_flipped_in_several_releases_costs_one_failed_try(host: FolderHost, how: str) -> None:
    data = {"app/data": "0000"}
    first, second, other, new = (host.artifact(f"0.{number}.0", data) for number in range(1, 5))
    host.send(first)
    host.send(second, first)
    host.send(other)
    (tree(host, first.release_id) / "app/data").write_text("0010")  # the second one's inode too
    if how == "staged":
        assert host.send(new, first).returncode == 1
    else:
        assert host.attempt("switch", "courier", second.release_id).returncode == 1
    assert host.app.releases == (other.release_id,)
    assert host.send(new, other).returncode == 0


@pytest.mark.parametrize("how", ["flip", "mode", "more", "less"])
def test_what_is_damaged_is_not_switched_to(host: FolderHost, how: str) -> None:
    release = host.stage("0.1.0", {"app/data": "0000"})
    file = tree(host, release) / "app/data"
    match how:
        case "flip":
            file.write_text("0010")
        case "mode":
            file.chmod(0o777)
        case "more":
            file.with_name("more").touch()
        case "less":
            file.unlink()
    assert host("check", "courier", release).returncode == 1
    assert host.attempt("switch", "courier", release).returncode == 1
    assert (host.app.current, host.app.releases, host.app.unconfirmed) == (None, (), False)


# What becomes of a program, which otherwise goes on as it did.
FULL = """#!/bin/sh
exec /usr/bin/env PATH=/usr/bin:/bin {program} "$@" >/dev/full
"""
KILLED = """#!/bin/sh
[ $# -gt 0 ] || exec /usr/bin/env PATH=/usr/bin:/bin {program}
kill -9 $$
"""


@pytest.mark.parametrize(
    ("program", "fate"),
    [("find", FULL), ("find", KILLED), ("awk", KILLED), ("sha256sum", KILLED)],
    ids=["full", "find", "awk", "sha256sum"],
)
def test_what_can_not_be_looked_at_is_neither_switched_to_nor_damaged(
    host: FolderHost, program: str, fate: str
) -> None:
    first, second = host.stage("0.1.0"), host.stage("0.2.0")
    host.switch(first)
    host.power_cut()
    host.lock()
    # Where openssl is killed, sha256sum is asked.
    doomed = [program, "openssl"] if program == "sha256sum" else [program]
    for each in doomed:
        host.write(f"bin/{each}", fate.format(program=each))
    result = host.attempt("switch", "courier", second)
    for each in doomed:
        (host.root / "bin" / each).unlink()
    assert (result.returncode, b"the tree could not be looked at" in result.stderr) == (1, True), result
    assert (host.app.current, set(host.app.releases)) == (first, {first, second})
    assert not list((host.root / "run/beamwright").glob("*.[0-9]*"))


@pytest.mark.parametrize(
    "fate", [KILLED, "#!/bin/sh\nexit 1\n", "#!/bin/sh\n"], ids=["killed", "fails", "silent"]
)
@pytest.mark.parametrize("damaged", [False, True])
def test_what_openssl_does_not_say_sha256sum_does(host: FolderHost, fate: str, damaged: bool) -> None:
    release = host.stage("0.1.0", {"app/data": "0000"})
    if damaged:
        (tree(host, release) / "app/data").write_text("0010")
    host.write("bin/openssl", fate.format(program="openssl"))
    checked = host("check", "courier", release)
    assert (checked.returncode, b"app/data: FAILED" in checked.stderr) == (int(damaged), damaged)


@pytest.mark.parametrize("path", ["-out", "-engine x", "a  b", "ä"])
def test_a_file_may_have_any_name(host: FolderHost, path: str) -> None:
    release = host.stage("0.1.0", {path: "0000"})
    host.say("check", "courier", release)
    (tree(host, release) / path).write_text("0010")
    assert host("check", "courier", release).returncode == 1


READS = """#!/bin/sh
[ $# -eq 0 ] || echo reads >>@ROOT@/calls
exec /usr/bin/env PATH=/usr/bin:/bin {program} "$@"
"""


@pytest.mark.parametrize(
    ("between", "reads"),
    [
        *(("nothing", 0), ("two minutes", 0), ("more than two minutes", 1)),
        *(("touched", 1), ("folder", 1), ("another roll-out", 1), ("reboot", 1)),
    ],
)
def test_what_was_verified_is_read_again_unless_nothing_can_have_happened_to_it(
    host: FolderHost, between: str, reads: int
) -> None:
    release = host.stage("0.1.0", {"app/data": "0000"})
    file = tree(host, release) / "app/data"
    match between:
        case "two minutes" | "more than two minutes":
            host.clock(1120 if between == "two minutes" else 1121)
            host.lock()
        case "folder":
            tree(host, release).chmod(0o700)
        case "touched":
            os.utime(file, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
        case "another roll-out":
            host.say("release-lock", "courier")
            host.lock("another-deployer")
        case "reboot":
            host.power_cut()
            host.lock()
    reader = "sha256sum" if (host.root / "bin/openssl").exists() else "openssl"
    host.write(f"bin/{reader}", READS.format(program=reader))
    host.calls()
    host.do("switch", "courier", release)
    assert host.calls().count("reads") == reads


# Notes when the node's program is not there, while something is moved.
MV = """#!/bin/sh
[ -e @ROOT@/opt/beamwright/courier/current/app/bin/erlexec ] || echo gone >>@ROOT@/calls
exec /usr/bin/env PATH=/usr/bin:/bin mv "$@"
"""


@pytest.mark.parametrize(
    "how", ["flip", "mode", "more", "less", "folder for file", "file for folder", "link"]
)
def test_a_damaged_release_is_mended_in_its_place_and_never_gone(host: FolderHost, how: str) -> None:
    for version in ("0.0.9", "0.1.0"):
        (host.root / "dist" / version / "tree/app").mkdir(parents=True)
        (host.root / "dist" / version / "tree/app/shared").symlink_to("data")
    base = host.artifact("0.0.9", {"app/data": "9999", "app/lib/a/b.beam": "b"})
    made = host.artifact("0.1.0", {"app/data": "0000", "app/lib/a/b.beam": "b"})
    host.send(base)
    host.send(made, base)
    host.switch(made.release_id)
    there = tree(host, made.release_id)
    match how:
        case "flip":
            (there / "app/data").write_text("0010")
        case "mode":
            (there / "app/lib").chmod(0o700)
        case "more":
            (there / "app/more/in").mkdir(parents=True)
            (there / "app/more/in/it").touch()
        case "less":
            (there / "app/data").unlink()
        case "folder for file":
            (there / "app/data").unlink()
            (there / "app/data/in").mkdir(parents=True)
        case "file for folder":
            (there / "app/lib").rename(host.root / "elsewhere")
            (there / "app/lib").touch()
        case "link":
            (there / "app/data").unlink()
            (there / "app/data").symlink_to("/etc/passwd")
    assert host.attempt("switch", "courier", made.release_id).returncode == 1
    assert host.app.releases == (base.release_id,)
    inode = there.stat().st_ino
    host.write("bin/mv", MV)
    host.calls()
    result = host.send(made, base)
    assert (result.returncode, result.stderr) == (0, b"")
    assert "gone" not in host.calls()
    assert (scan(there), there.stat().st_ino) == (made.manifest().entries, inode)
    host.say("check", "courier", made.release_id)
    assert leftovers(host) == []


def test_a_tree_whose_manifest_a_power_cut_has_lost_is_staged_again_on_its_base(host: FolderHost) -> None:
    old = host.artifact("0.1.0", {"app/same": "same", "app/b": "1"})
    new = host.artifact("0.2.0", {"app/same": "same", "app/b": "2"})
    host.send(old)
    host.send(new, old)
    shutil.rmtree(host.base / "manifests" / new.release_id)
    result = host.send(new, old)
    assert (result.returncode, result.stderr) == (0, b"")
    host.say("check", "courier", new.release_id)


def test_a_release_that_is_there_is_not_taken_in_again(host: FolderHost) -> None:
    made = host.artifact("0.1.0")
    assert [host.send(made).returncode for _ in range(2)] == [0, 0]
    assert host.journal().count(f"1 ann@laptop staged {made.release_id}") == 1
