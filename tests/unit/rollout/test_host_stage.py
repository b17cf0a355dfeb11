"""How the helper takes a release in: by deltas, verified whole, trusted or refused."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from beamwright.artifact import Artifact
from beamwright.artifact.manifest import Entry, Manifest, scan
from beamwright.rollout.parcel import release
from tests.unit.rollout.host import FolderHost


def tree(host: FolderHost, release: str) -> Path:
    return host.base / "releases" / release


def leftovers(host: FolderHost) -> list[str]:
    """What staging left that is no release."""
    hidden = [path.name for path in host.base.glob(".*") if path.name != ".undo"]
    return hidden + [path.name for path in (host.base / "releases").glob(".*")]


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
    [("find", FULL), ("find", KILLED), ("sort", KILLED), ("comm", KILLED), ("sha256sum", KILLED)],
    ids=["full", "find", "sort", "comm", "sha256sum"],
)
def test_what_can_not_be_looked_at_is_neither_switched_to_nor_damaged(
    host: FolderHost, program: str, fate: str
) -> None:
    first, second = host.stage("0.1.0"), host.stage("0.2.0")
    host.switch(first)
    host.power_cut()
    host.lock()
    host.write(f"bin/{program}", fate.format(program=program))
    result = host.attempt("switch", "courier", second)
    (host.root / "bin" / program).unlink()
    assert (result.returncode, b"the tree could not be looked at" in result.stderr) == (1, True), result
    assert (host.app.current, set(host.app.releases)) == (first, {first, second})
    assert not list((host.root / "run/beamwright").glob("*.[0-9]*"))


READS = """#!/bin/sh
[ $# -eq 0 ] || echo reads >>@ROOT@/calls
exec /usr/bin/env PATH=/usr/bin:/bin sha256sum "$@"
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
    host.write("bin/sha256sum", READS)
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


def signed(host: FolderHost, made: Artifact, key: str = "trusted") -> Artifact:
    """The artifact with a signature, of a key that the host trusts or another one."""
    path = host.root / key
    if not path.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    content = made.manifest_json.read_bytes()
    sign = ["ssh-keygen", "-q", "-Y", "sign", "-n", "beamwright", "-f", str(path)]
    assert made.signature
    made.signature.write_bytes(subprocess.run(sign, input=content, check=True, capture_output=True).stdout)
    return made


def demand_signatures(host: FolderHost, options: str = 'namespaces="beamwright"') -> None:
    signed(host, host.artifact("0.0.1"))
    public = (host.root / "trusted.pub").read_text()
    host.write("etc/beamwright/allowed_signers", f"courier {options} {public}")


def test_a_host_that_trusts_somebody_takes_only_what_they_signed(one_host: FolderHost) -> None:
    demand_signatures(one_host)
    good = signed(one_host, one_host.artifact("0.1.0"))
    assert one_host.send(good).returncode == 0
    unsigned, foreign = one_host.artifact("0.2.0"), signed(one_host, one_host.artifact("0.3.0"), "foreign")
    swapped = signed(one_host, one_host.artifact("0.4.0"))
    assert swapped.signature
    swapped.signature.write_bytes((one_host.root / "dist/0.1.0/manifest.json.sig").read_bytes())
    for made, why in ((unsigned, b"not signed"), (foreign, b"of nobody"), (swapped, b"does not hold")):
        result = one_host.send(made)
        assert (result.returncode, why in result.stderr) == (2, True), result
    assert one_host.app.releases == (good.release_id,)
    assert leftovers(one_host) == []


@pytest.mark.parametrize("validity", ['valid-before="20200101"', 'valid-after="20990101"'])
def test_a_key_that_is_out_of_its_time_is_refused_with_the_time_that_it_is(
    one_host: FolderHost, validity: str
) -> None:
    demand_signatures(one_host, f'namespaces="beamwright",{validity}')
    result = one_host.send(signed(one_host, one_host.artifact("0.1.0")))
    assert (result.returncode, b"Z by this host's clock" in result.stderr) == (2, True), result


@pytest.mark.parametrize(("environment", "code"), [("staging", 2), ("production", 0), ("", 0)])
def test_a_host_takes_what_was_built_for_its_environment(
    one_host: FolderHost, environment: str, code: int
) -> None:
    one_host.write("etc/beamwright/environment", "production\n")
    assert one_host.send(one_host.artifact("0.1.0", environment=environment)).returncode == code


def test_what_is_older_than_what_was_in_use_is_refused_unless_it_is_asked_for(one_host: FolderHost) -> None:
    newer, older = one_host.artifact("0.2.0", counter=200), one_host.artifact("0.1.0", counter=100)
    one_host.send(newer)
    one_host.switch(newer.release_id)
    result = one_host.send(older)
    assert (result.returncode, b"counter 100 (1970-01-01T00:01:40Z): 200 (" in result.stderr) == (2, True)
    assert b"deploy --older takes it" in result.stderr
    assert one_host.send(older, counter="older-too").returncode == 0


def test_an_artifact_of_another_app_is_refused(one_host: FolderHost) -> None:
    made = one_host.artifact("0.1.0")
    text = made.manifest_json.read_text().replace('"name":"courier"', '"name":"ledger"')
    made.manifest_json.write_text(text)
    assert one_host.send(made).returncode == 2


Member = tuple[str, bytes, int] | tarfile.TarInfo


def special(name: str, kind: bytes, target: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, target, mode
    return info


@pytest.mark.parametrize(
    "member",
    [
        ("../evil", b"", 0o644),
        ("app/../../evil", b"", 0o644),
        ("/etc/evil", b"", 0o644),
        ("app/version", b"0.1.0", 0o4755),
        ("app/version", b"0.1.0", 0o2755),
        ("app/version", b"9.9.9", 0o755),
        ("app/evil", b"", 0o644),
        special("app/version", tarfile.CHRTYPE),
        special("app/version", tarfile.BLKTYPE),
        special("app/version", tarfile.FIFOTYPE),
        special("app/version", tarfile.LNKTYPE, "../../host"),
        special("app/version", tarfile.LNKTYPE, "/etc/shadow"),
        special("app/version", tarfile.SYMTYPE, "/etc/shadow"),
        special("app/bin", tarfile.SYMTYPE, "/tmp"),
        special("app/bin/", tarfile.SYMTYPE, "/tmp"),
    ],
    ids=[
        *("..", "inner ..", "absolute", "setuid", "setgid", "other content", "not in the manifest"),
        *("character", "block", "fifo", "link", "abs link", "symlink"),
        *("link for folder", "link with a slash"),
    ],
)
def test_a_hostile_archive_is_no_release_and_leaves_nothing(one_host: FolderHost, member: Member) -> None:
    made = one_host.artifact("0.1.0")
    with tarfile.open(made.tarball) as source:
        whole = [(m, source.extractfile(m).read() if m.isreg() else b"") for m in source]  # type: ignore[union-attr]
    with tarfile.open(made.tarball, "w:gz") as target:
        for info, content in whole:
            target.addfile(info, io.BytesIO(content))
        if isinstance(member, tarfile.TarInfo):
            target.addfile(member)
        else:
            info = tarfile.TarInfo(member[0])
            info.size, info.mode = len(member[1]), member[2]
            target.addfile(info, io.BytesIO(member[1]))
    assert one_host.send(made).returncode in (1, 2)
    assert (one_host.app.releases, leftovers(one_host)) == ((), [])
    assert not (one_host.root / "opt/beamwright/evil").exists()


@pytest.mark.parametrize(
    "line",
    [
        "f 0644 0 " + "0" * 64 + "\t../evil",
        "f 0644 0 " + "0" * 64 + "\t/etc/evil",
        "f 4755 0 " + "0" * 64 + "\tapp/su",
        "f 0644 0 short\tapp/short",
        "c 0644 0 -\tapp/device",
        "f 0644 0 " + "0" * 64 + "\tnowhere/file",
        "l 0777 0 /etc\tapp/door\nf 0644 0 " + "0" * 64 + "\tapp/door/evil",
    ],
    ids=["..", "absolute", "setuid", "no digest", "device", "no folder", "through a link"],
)
def test_a_hostile_manifest_is_refused(one_host: FolderHost, line: str) -> None:
    made = one_host.artifact("0.1.0")
    entries = tuple(Entry.of(each) for each in (made.manifest().text() + line).splitlines())
    bad = Manifest("courier", "0.1.0", "amd64", "15", "27", "", entries)
    made.manifest_json.write_text(bad.to_json())
    hostile = Artifact("courier", "0.1.0", bad.digest, "amd64", made.folder, made.tarball, None, "")
    result = one_host.send(hostile)
    assert (result.returncode, b"refused" in result.stderr) == (2, True), result
    assert (one_host.app.releases, leftovers(one_host)) == ((), [])


@pytest.mark.parametrize("text", ["", "{}", '{"name":"courier"}', "cut"])
def test_a_manifest_that_is_none_is_refused(one_host: FolderHost, text: str) -> None:
    made = one_host.artifact("0.1.0")
    made.manifest_json.write_text(made.manifest_json.read_text()[:-40] if text == "cut" else text)
    packed = release(made, made.tarball)
    verb = ("stage", "courier", made.release_id, "-", "newer", packed.sha256)
    result = one_host.attempt(*verb, stdin=packed.open().read())
    assert (result.returncode, b"refused" in result.stderr) == (2, True), result


def test_names_with_quotes_and_letters_of_any_language(one_host: FolderHost) -> None:
    made = one_host.artifact("0.1.0", {'app/"x"': "1", "app/é": "2", "app/a b": "3"})
    result = one_host.send(made)
    assert (result.returncode, result.stderr) == (0, b"")
    assert scan(tree(one_host, made.release_id)) == made.manifest().entries
