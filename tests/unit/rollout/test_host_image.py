"""Releases that are images: staged like any tree, podman's to run, and gone with their release."""

from __future__ import annotations

import fcntl
import io
import json
import subprocess
import tarfile
from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import pytest

from beamwright.artifact import Artifact
from beamwright.artifact.archive import bundle
from beamwright.artifact.artifact import IMAGE
from beamwright.artifact.build import EPOCH
from beamwright.artifact.delta import delta
from beamwright.artifact.manifest import Manifest
from beamwright.artifact.oci import entries
from beamwright.fleet.model import Registry
from beamwright.rollout.parcel import Shipment, parcel, release
from beamwright.rollout.podman import fault_of
from beamwright.rollout.source import source
from tests.unit.rollout.host import NODE, FolderHost

REGISTRY = Registry("reg.example:5000/team/courier", None, None, None, False, pull=True)
INDEX = '{"manifests":[{"digest":"sha256:' + "ab" * 32 + '","name":"image-%s"}]}\n'

# The id of an image is the name in its index, and a file in `storage` says that it is here; with a file named
# `refuses` in the root it takes none.
PODMAN = """#!/bin/sh
[ "$1" != --events-backend=none ] || shift
case $1 in
pull)
    [ ! -e @ROOT@/refuses ] || { echo "bad manifest" >&2; exit 125; }
    name=$(sed 's/.*"name":"\\([^"]*\\)".*/\\1/' "${3#oci:}/index.json")
    mkdir -p @ROOT@/storage
    touch "@ROOT@/storage/$name"
    echo "$name"
    ;;
image) [ -e "@ROOT@/storage/$3" ] ;;
info) echo @ROOT@ ;;
*) echo "podman $*" >>@ROOT@/calls ;;
esac
"""

# Has the blobs in the folder `registry`; index and layout it writes anew, into the files that are there.
SKOPEO = """#!/bin/sh
echo "skopeo $*" >>@ROOT@/calls
[ -d @ROOT@/registry ] || { echo "no such host" >&2; exit 1; }
for layout; do :; done
mkdir -p "${layout#oci:}/blobs/sha256"
cp -n @ROOT@/registry/* "${layout#oci:}/blobs/sha256"
for file in index.json oci-layout; do echo mine >"${layout#oci:}/$file"; done
"""


@pytest.fixture
def podman(host: FolderHost) -> FolderHost:
    """The host with podman; it is locked."""
    host.write("bin/podman", PODMAN)
    host.write("bin/skopeo", SKOPEO)
    host.lock()
    host.calls()
    return host


def image(host: FolderHost, version: str, layers: dict[str, str]) -> Artifact:
    """A build whose image has the layers, as far as the helper looks into it."""
    made = host.artifact(version)
    layout = made.folder / "oci"
    files = {f"blobs/sha256/{name}": text for name, text in layers.items()}
    for name, text in {"oci-layout": "{}", "index.json": INDEX % version, **files}.items():
        (layout / name).parent.mkdir(parents=True, exist_ok=True)
        (layout / name).write_text(text)
    manifest = Manifest("courier", version, "amd64", "15", "27", "", entries(layout))
    archive, paths = made.folder / "oci.tar", [path for path in layout.rglob("*") if path.is_file()]
    bundle(archive, {path.relative_to(layout).as_posix(): path for path in paths}, EPOCH)
    (made.folder / IMAGE).write_text(manifest.to_json())
    return replace(
        made, digest=manifest.digest, oci=archive, described=IMAGE, signature=made.folder / f"{IMAGE}.sig"
    )


def taken(host: FolderHost, made: Artifact) -> Path:
    return host.base / "manifests" / made.release_id / "image"


def test_layers_that_the_base_has_are_not_sent_and_podman_takes_what_was_verified(podman: FolderHost) -> None:
    libc = "libc" * 5000
    first, second = (
        image(podman, version, {"libc": libc, version: version}) for version in ("1.0.0", "1.1.0")
    )
    assert podman.send(first).returncode == 0
    assert podman.send(second, first).returncode == 0
    assert taken(podman, second).read_text() == "image-1.1.0\n"
    blobs = [podman.base / "releases" / made.release_id / "blobs/sha256/libc" for made in (first, second)]
    assert blobs[0].samefile(blobs[1])
    podman.say("check", "courier", second.release_id)


def test_an_image_that_podman_refuses_is_no_release(podman: FolderHost) -> None:
    podman.write("refuses", "")
    result = podman.send(image(podman, "1.0.0", {}))
    assert (result.returncode, b"podman does not take the image" in result.stderr) == (1, True)
    assert b"bad manifest" in result.stderr
    assert podman.app.releases == ()


def pull(
    host: FolderHost, made: Artifact, registry: Registry, base: Artifact | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Stages the artifact, whose blobs are to come from a registry."""
    entries = made.manifest().entries
    way = delta(entries, {base.release_id: base.manifest().entries} if base else {})
    packed = parcel(Shipment(made, way, registry))
    verb = ("stage", "courier", made.release_id, way.base or "-", "newer", packed.sha256)
    return host.attempt(*verb, stdin=packed.open().read())


def blobs(host: FolderHost, **contents: str) -> None:
    """What the registry has."""
    for name, text in contents.items():
        host.write(f"registry/{name}", text).chmod(0o644)


def test_blobs_come_from_the_registry_and_the_base_stays_as_it_is(podman: FolderHost) -> None:
    first, second = (image(podman, version, {"libc": "l", version: version}) for version in ("1.0", "1.1"))
    assert podman.send(first).returncode == 0
    blobs(podman, **{"1.1": "1.1"})
    podman.calls()
    result = pull(podman, second, REGISTRY, first)
    assert (result.returncode, result.stderr) == (0, b"")
    (called,) = podman.calls()
    wanted = f"docker://reg.example:5000/team/courier@sha256:{'ab' * 32}"
    assert called.startswith("skopeo copy --quiet --preserve-digests --src-no-creds " + wanted)
    for each in (first, second):
        podman.say("check", "courier", each.release_id)


def test_blobs_that_are_others_than_those_signed_for_are_no_release(podman: FolderHost) -> None:
    made = image(podman, "1.0", {"libc": "right"})
    blobs(podman, libc="wrong")
    assert pull(podman, made, REGISTRY).returncode == 1
    assert podman.app.releases == ()


def test_what_skopeo_says_is_told_and_that_nobody_has_pushed_it_is_only_a_guess(podman: FolderHost) -> None:
    result = pull(podman, image(podman, "1.0", {}), REGISTRY)
    assert result.returncode == 1
    first, last, *_ = result.stderr.decode().splitlines()
    assert first == "no such host"
    assert last.startswith("host: skopeo could not get reg.example:5000/team/courier@sha256:ab")
    assert last.endswith("as it says above; if it is not there: has it been pushed?")


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.size = kind, target, 0o644, size
    return info


@pytest.mark.parametrize(
    ("hostile", "code"),
    [
        (member("index.json", size=len(INDEX) - 1), 1),
        (member("oci-layout", tarfile.SYMTYPE, "/etc/passwd"), 1),
        (member("blobs/", tarfile.SYMTYPE, "/tmp"), 2),
    ],
    ids=["another index", "a link for a file", "a link for the folder of the blobs"],
)
def test_skopeo_does_not_run_in_a_tree_that_is_not_the_one_signed_for(
    podman: FolderHost, hostile: tarfile.TarInfo, code: int
) -> None:
    made, tree = image(podman, "1.0", {"libc": "right"}), io.BytesIO()
    index = (INDEX % "1.0").encode()
    with tarfile.open(fileobj=tree, mode="w:gz") as target:
        for name, content in (("index.json", index), ("oci-layout", b"{}")):
            target.addfile(member(name, size=len(content)), io.BytesIO(content))
        target.addfile(hostile, io.BytesIO(index.replace(b"ab", b"cd")[: hostile.size]))
    blobs(podman, libc="right")
    podman.calls()
    packed = release(made, tree.getvalue(), source(REGISTRY))
    verb = ("stage", "courier", made.release_id, "-", "newer", packed.sha256)
    result = podman.attempt(*verb, stdin=packed.open().read())
    assert (result.returncode, podman.calls()) == (code, []), result
    assert podman.app.releases == ()


def test_a_registry_is_reached_as_the_fleet_file_says(podman: FolderHost) -> None:
    made, keys = image(podman, "1.0", {"libc": "l"}), podman.root
    (keys / "password").write_text("s3cret\n")
    (keys / "password").chmod(0o600)
    (keys / "ca.pem").write_text("CERTIFICATE")
    known = replace(REGISTRY, user="ann", password=keys / "password", ca=keys / "ca.pem", insecure=True)
    repository, way, auth, ca = source(known).decode().splitlines()
    assert (repository, way, b64decode(ca)) == (REGISTRY.repository, "plain", b"CERTIFICATE")
    told = json.loads(b64decode(auth))["auths"]["reg.example:5000"]["auth"]
    assert b64decode(told) == b"ann:s3cret"
    blobs(podman, libc="l")
    podman.calls()
    assert pull(podman, made, known).returncode == 0
    words = podman.calls()[0].split()
    assert "--src-tls-verify=false" in words and "--src-no-creds" not in words
    assert [word.partition("=")[0] for word in words[5:7]] == ["--src-authfile", "--src-cert-dir"]


@pytest.mark.parametrize("repository", ["--help", "a b", "$(id)", "r/x;id"])
def test_a_repository_that_is_none_is_refused(podman: FolderHost, repository: str) -> None:
    result = pull(podman, image(podman, "1.0", {}), replace(REGISTRY, repository=repository))
    assert (result.returncode, b"refused: repository" in result.stderr) == (2, True)


def test_an_image_goes_with_the_last_release_that_has_it(podman: FolderHost) -> None:
    made = [image(podman, f"1.{number}.0", {"layer": str(number)}) for number in range(4)]
    for each in made:
        podman.send(each)
        podman.switch(each.release_id)
    taken(podman, made[1]).write_text("image-1.3.0\n")
    podman.calls()
    podman.do("prune", "courier", "2")
    assert [call for call in podman.calls() if "podman" in call] == ["podman rmi image-1.0.0"]
    assert set(podman.app.releases) == {made[2].release_id, made[3].release_id}


def test_a_unit_is_told_what_to_run(podman: FolderHost) -> None:
    made = image(podman, "1.0.0", {})
    podman.send(made)
    podman.switch(made.release_id)
    podman.write("bin/id", "#!/bin/sh\necho 990\n")
    podman.say("image", "courier", "1")
    told = (podman.root / "run/beamwright/courier@1.env").read_text()
    assert told == f"RELEASE={made.release_id}\nIMAGE=image-1.0.0\nOWNER=990:990\n"


def test_a_node_starts_while_a_stage_has_podman_take_another_image(podman: FolderHost) -> None:
    made = image(podman, "1.0.0", {})
    podman.send(made)
    podman.switch(made.release_id)
    podman.write("bin/id", "#!/bin/sh\necho 990\n")
    with (podman.root / "run/beamwright/images/.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        podman.say("image", "courier", "1")
    podman.power_cut()
    podman.say("image", "courier", "1")
    (podman.root / "storage/image-1.0.0").unlink()
    podman.say("image", "courier", "1")
    assert (podman.root / "storage/image-1.0.0").exists()


def test_a_damaged_release_leaves_no_image_unless_nodes_start_from_it(podman: FolderHost) -> None:
    runs, other = image(podman, "1.0.0", {"libc": "l"}), image(podman, "1.1.0", {"libc": "l"})
    podman.send(runs)
    podman.switch(runs.release_id)
    podman.send(other, runs)
    (podman.base / "releases" / runs.release_id / "blobs/sha256/libc").write_text("L")  # the other one's too
    podman.calls()
    assert podman.attempt("switch", "courier", other.release_id).returncode == 1
    assert podman.app.releases == ()
    assert [call for call in podman.calls() if "podman" in call] == ["podman rmi image-1.1.0"]


@pytest.mark.parametrize("mended", [False, True])
def test_the_image_of_a_damaged_release_goes_with_what_is_left_of_it(
    podman: FolderHost, mended: bool
) -> None:
    damaged, *others = (image(podman, version, {version: "l"}) for version in ("1.0.0", "1.1.0", "1.2.0"))
    podman.send(damaged)
    podman.switch(damaged.release_id)
    blob = podman.base / "releases" / damaged.release_id / "blobs/sha256/1.0.0"
    blob.write_text("L")
    assert podman.attempt("switch", "courier", damaged.release_id).returncode == 1
    assert podman.app.releases == ()
    if mended:
        podman.send(damaged)
        podman.say("check", "courier", damaged.release_id)
    for made in others:
        podman.send(made)
        podman.switch(made.release_id)
    podman.calls()
    assert podman.do("prune", "courier", "2") == f"{damaged.release_id}\n"
    assert [call for call in podman.calls() if "rmi" in call] == ["podman rmi image-1.0.0"]
    assert not (podman.base / "releases" / damaged.release_id).exists()


@pytest.mark.parametrize("taken_too", [False, True])
def test_an_image_of_a_stage_that_fails_goes_unless_another_release_is_the_same(
    podman: FolderHost, taken_too: bool
) -> None:
    first, made = (image(podman, version, {}) for version in ("1.0.0", "1.1.0"))
    podman.send(first)
    if taken_too:
        taken(podman, first).write_text("image-1.1.0\n")
    podman.write("bin/sync", "#!/bin/sh\n[ $1 != -f ]\n")
    podman.calls()
    assert podman.send(made).returncode == 1
    assert [call for call in podman.calls() if "rmi" in call] == ["podman rmi image-1.1.0"][taken_too:]


def test_a_unit_does_not_run_a_tree_as_an_image(podman: FolderHost) -> None:
    podman.switch(podman.stage("1.0.0"))
    result = podman("image", "courier", "1")
    assert (result.returncode, b"is no image" in result.stderr) == (1, True)


@pytest.mark.parametrize("mended", ["", "//deleted"])
def test_a_node_under_podman_runs_the_release_whose_index_is_mounted(podman: FolderHost, mended: str) -> None:
    line = "36 35 98:0 {} {} rw - ext4 /dev/sda rw\n"
    index = (f"/beamwright/courier/releases/1.0.0-a/index.json{mended}", "/run/beamwright/index.json")
    podman.write("proc/7/mountinfo", line.format("/", "/"))
    podman.write("proc/7/task/7/children", "8 ")
    podman.write("proc/8/mountinfo", line.format("/", "/") + line.format(*index))
    podman.lock()
    assert podman.app.units[NODE].running == "1.0.0-a"


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("runs podman version 4.3.1", ""),
        ("runs podman version 5.0.0-rc1", ""),
        ("runs podman version 4.2.9", "podman 4.2 is older than 4.3"),
        ("runs hello", "podman tells no version: hello"),
        (
            "fails libc.so.6: version `GLIBC_2.38' not found",
            "podman fails: libc.so.6: version `GLIBC_2.38' not found",
        ),
        ("absent", "podman is not installed"),
    ],
)
def test_what_a_host_lacks_to_run_images(said: str, fault: str) -> None:
    assert fault_of("podman", said) == fault
