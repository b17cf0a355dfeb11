"""Whom and what the helper believes: signatures, environments, counters, archives and manifests."""

from __future__ import annotations

import io
import subprocess
import tarfile

import pytest

from beamwright.artifact import Artifact
from beamwright.artifact.manifest import Entry, Manifest, scan
from beamwright.rollout.parcel import release
from tests.unit.rollout.host import FolderHost, leftovers, tree


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


KEYGEN = """#!/bin/sh
echo "ssh-keygen $*" >>@ROOT@/calls
exec /usr/bin/env PATH=/usr/bin:/bin ssh-keygen "$@"
"""


@pytest.mark.parametrize(("key", "looks"), [("trusted", 1), ("second", 3)])
@pytest.mark.parametrize("head", ["", "# who may sign\n", "\n"], ids=["names", "comment", "empty"])
def test_any_of_those_whom_a_host_trusts_may_sign(
    one_host: FolderHost, head: str, key: str, looks: int
) -> None:
    """Whoever is named first is known by one look; anybody else takes one at who that is, and another."""
    demand_signatures(one_host)
    made = signed(one_host, one_host.artifact("0.1.0"), "second")
    others = (one_host.root / "second.pub").read_text()
    signers = one_host.root / "etc/beamwright/allowed_signers"
    signers.write_text(f"{head}{signers.read_text()}ann,bob {others}")
    one_host.write("bin/ssh-keygen", KEYGEN)
    one_host.calls()
    result = one_host.send(signed(one_host, made, key))
    assert (result.returncode, result.stderr) == (0, b""), result
    assert len([call for call in one_host.calls() if call.startswith("ssh-keygen")]) == looks


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


def plain(name: str, seconds: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mtime = seconds
    return info


@pytest.mark.parametrize(
    ("files", "members"),
    [
        (("y",), (plain("app/run/evil y", 2**60),)),
        (("y", "x y/z"), (plain("app/version\nd 0755 0 -\tx y"),)),
        (("a -> app/run", "a/evil"), (special("a", tarfile.SYMTYPE, "app/run"), plain("a/evil"))),
    ],
    ids=["a date that is one word", "a line break", "a link that is listed as a file is called"],
)
def test_no_name_in_an_archive_passes_for_another_one(
    one_host: FolderHost, files: tuple[str, ...], members: tuple[tarfile.TarInfo, ...]
) -> None:
    outside = one_host.root / "outside"
    outside.mkdir()
    for version in ("0.1.0", "0.2.0"):
        link = one_host.root / "dist" / version / "tree/app/run"
        link.parent.mkdir(parents=True)
        link.symlink_to(outside)
    base, content = one_host.stage("0.1.0"), io.BytesIO()
    made = one_host.artifact("0.2.0", dict.fromkeys(files, ""))
    with tarfile.open(fileobj=content, mode="w:gz") as target:
        for member in members:
            target.addfile(member)
    packed = release(made, content.getvalue())
    verb = ("stage", "courier", made.release_id, base, "newer", packed.sha256)
    assert one_host.attempt(*verb, stdin=packed.open().read()).returncode == 2
    assert (one_host.app.releases, list(outside.iterdir())) == ((base,), [])


def test_no_owner_of_a_file_passes_for_its_size(one_host: FolderHost) -> None:
    """Else what is too large for the disk would seem to fit."""
    made, content, member = one_host.artifact("0.1.0"), io.BytesIO(), plain("app/version")
    member.uname = "a -99999999999999"
    with tarfile.open(fileobj=content, mode="w:gz") as target:
        target.addfile(member)
    one_host.write(
        "bin/stat", '#!/bin/sh\ncase $1 in -f) echo 1 4096 9999 9999 ;; *) exec /usr/bin/stat "$@" ;; esac\n'
    )
    packed = release(made, content.getvalue())
    verb = ("stage", "courier", made.release_id, "-", "newer", packed.sha256)
    result = one_host.attempt(*verb, stdin=packed.open().read())
    assert (result.returncode, b"MiB are needed" in result.stderr) == (1, True), result


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
        " d 1755 0 -\tapp/folder",
    ],
    ids=["..", "absolute", "setuid", "no digest", "device", "no folder", "through a link", "a blank first"],
)
def test_a_hostile_manifest_is_refused(one_host: FolderHost, line: str) -> None:
    made = one_host.artifact("0.1.0")
    entries = tuple(Entry.of(each) for each in (made.manifest().text() + line).splitlines())
    bad = Manifest("courier", "0.1.0", "amd64", "15", "27", "", entries)
    made.manifest_json.write_text(bad.to_json())
    hostile = Artifact("courier", "0.1.0", bad.digest, "amd64", made.folder, made.tarball, None)
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


def test_names_of_all_characters_that_a_build_takes(one_host: FolderHost) -> None:
    letters = [chr(code) for code in range(0x20, 0x100) if chr(code) not in "/\\"]
    words = ['"x"', '"files":[[', "x]]}", "],", ",[", '","', " -> y", "a link to b", "x\u2028y", "emoji 🎉"]
    made = one_host.artifact("0.1.0", {f"app/{name}": "1" for name in (*words, *(f"a{x}b" for x in letters))})
    result = one_host.send(made)
    assert (result.returncode, result.stderr) == (0, b"")
    assert scan(tree(one_host, made.release_id)) == made.manifest().entries
