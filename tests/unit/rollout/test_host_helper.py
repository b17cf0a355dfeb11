"""systemd/host under dash and busybox, in a root of its own, with systemd's programs played by scripts."""

from __future__ import annotations

import getpass
import grp
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from beamwright.resources import root
from beamwright.rollout.executor import pack
from beamwright.rollout.facts import App, parse_facts
from beamwright.units import HostFile

Member = tuple[str, bytes, int] | tarfile.TarInfo

SHELLS = [
    pytest.param(shell, id=shell[0], marks=pytest.mark.skipif(not shutil.which(shell[0]), reason="not here"))
    for shell in (["dash"], ["busybox", "sh"])
]
OWNER, GROUP = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
ENV, UNIT = "/etc/beamwright/courier/1.env", "/etc/systemd/system/courier@.service"

# Says what it was asked; `show` has one unit; `restart` fails when the root has a file named `broken`.
SYSTEMCTL = """#!/bin/sh
echo "systemctl $*" >>@ROOT@/calls
case $1 in
--version) echo 'systemd 252 (252.39-1~deb12u2)' ;;
list-units) echo 'courier@1.service loaded active running Node 1' ;;
show) printf 'Id=courier@1.service\\nActiveState=active\\nMainPID=7\\nStatusText=\\n' ;;
restart) [ ! -e @ROOT@/broken ] ;;
esac
"""


class HelperUnderTest:
    """The helper with its two constants, root folder and search path, pointed at a folder."""

    def __init__(self, folder: Path, shell: list[str]) -> None:
        self.root, self._shell = folder, shell
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        text = (root() / "systemd" / "host").read_text()
        for old, new in (("\nROOT=\n", f"\nROOT={folder}\n"), ("\nPATH=/", f"\nPATH={bin_folder}:/")):
            assert old in text
            text = text.replace(old, new)
        self.script = folder / "host"
        self.script.write_text(text)
        for name in ("systemctl", "systemd-sysusers", "systemd-tmpfiles", "journalctl"):
            play = SYSTEMCTL if name == "systemctl" else f'#!/bin/sh\necho "{name} $*" >>@ROOT@/calls\n'
            (bin_folder / name).write_text(play.replace("@ROOT@", str(folder)))
            (bin_folder / name).chmod(0o755)
        (folder / "proc/7").mkdir(parents=True)
        line = "36 35 98:0 {} {} rw - ext4 /dev/sda rw\n"
        mounts = line.format("/opt/beamwright/courier/root", "/") + line.format(
            "/opt/x/releases/0.1.0-a", "/"
        )
        (folder / "proc/7/mountinfo").write_text(mounts + line.format("/etc/hosts", "/etc/hosts"))

    def __call__(self, *verb: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*self._shell, str(self.script), *verb], input=stdin, capture_output=True, timeout=60
        )

    def do(self, *verb: str, stdin: bytes = b"") -> str:
        result = self(*verb, stdin=stdin)
        assert (result.returncode, result.stderr) == (0, b"")
        return result.stdout.decode()

    def calls(self) -> list[str]:
        path = self.root / "calls"
        calls = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return calls

    def facts(self) -> App:
        return parse_facts(self.do("facts", "courier")).apps["courier"]

    def stage(self, release: str) -> None:
        raw = archive(("app/bin/erlexec", b"#!", 0o755))
        self.do("stage", "courier", release, hashlib.sha256(raw).hexdigest(), stdin=raw)

    def install(self, **contents: str) -> str:
        files = (
            HostFile({"env": ENV, "unit": UNIT}[key], text, 0o640, OWNER, GROUP)
            for key, text in contents.items()
        )
        return self.do("install", "courier", stdin=pack(files))


@pytest.fixture(params=SHELLS)
def helper(request: pytest.FixtureRequest, tmp_path: Path) -> HelperUnderTest:
    return HelperUnderTest(tmp_path, request.param)


def archive(*members: Member) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
                continue
            info = tarfile.TarInfo(member[0])
            info.size, info.mode = len(member[1]), member[2]
            tar.addfile(info, io.BytesIO(member[1]))
    return out.getvalue()


def special(name: str, kind: bytes, target: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, target, mode
    return info


def test_a_host_that_never_saw_us(helper: HelperUnderTest) -> None:
    facts = parse_facts(helper.do("facts", "courier", "rabbitmq"))
    assert (facts.helper, facts.systemd, facts.arch) == (None, 252, os.uname().machine)
    assert facts.free_kb > 0
    assert facts.apps["courier"].current is None
    assert facts.apps["courier"].units["courier@1.service"].running == "0.1.0-a"


def test_stage_switch_confirm(helper: HelperUnderTest) -> None:
    helper.stage("0.1.0-a")
    assert (
        helper.root / "opt/beamwright/courier/releases/0.1.0-a/app/bin/erlexec"
    ).stat().st_mode & 0o777 == 0o755
    helper.do("switch", "courier", "0.1.0-a")
    assert (helper.facts().current, helper.facts().unconfirmed, helper.facts().before) == (
        "0.1.0-a",
        True,
        None,
    )
    helper.do("confirm", "courier")
    helper.stage("0.2.0-b")
    helper.do("switch", "courier", "0.2.0-b")
    helper.do("confirm", "courier")
    facts = helper.facts()
    assert (facts.current, facts.previous, facts.unconfirmed) == ("0.2.0-b", "0.1.0-a", False)
    assert str((helper.root / "opt/beamwright/courier/current").readlink()) == "releases/0.2.0-b"
    journal = helper.do("history", "courier").splitlines()
    assert [line.split(" ", 1)[1] for line in journal][-3:] == [
        "staged 0.2.0-b",
        "switched to 0.2.0-b from 0.1.0-a",
        "confirmed 0.2.0-b",
    ]


def test_revert_leads_back_to_what_was_confirmed_however_often_it_was_tried(helper: HelperUnderTest) -> None:
    for release in ("0.1.0-a", "0.2.0-b", "0.3.0-c"):
        helper.stage(release)
    helper.do("switch", "courier", "0.1.0-a")
    helper.install(env="A=1\n")
    helper.do("confirm", "courier")
    helper.install(env="A=2\n", unit="[Unit]\n")
    helper.do("switch", "courier", "0.2.0-b")
    helper.install(env="A=3\n", unit="[Unit]\n# 3\n")
    helper.do("switch", "courier", "0.3.0-c")
    assert helper.do("revert", "courier") == "0.1.0-a\n"
    facts = helper.facts()
    assert (facts.current, facts.previous, facts.unconfirmed) == ("0.1.0-a", None, False)
    assert (helper.root / ENV[1:]).read_text() == "A=1\n"
    assert not (helper.root / UNIT[1:]).exists()
    assert list(facts.files) == [ENV]
    helper.calls()
    assert helper.do("revert", "courier") == ""
    assert helper.calls() == []


def test_revert_of_the_first_release_stops_its_units_before_their_files_go(helper: HelperUnderTest) -> None:
    helper.install(unit="[Unit]\n")
    helper.stage("0.1.0-a")
    helper.do("switch", "courier", "0.1.0-a")
    helper.calls()
    assert helper.do("revert", "courier") == "-\n"
    calls = helper.calls()
    assert calls.index("systemctl stop courier@1.service") < calls.index("systemctl daemon-reload")
    assert not (helper.root / UNIT[1:]).exists()
    assert not (helper.root / "opt/beamwright/courier/current").is_symlink()


def test_install_writes_what_differs_and_removes_what_is_no_longer_wanted(helper: HelperUnderTest) -> None:
    assert helper.install(env="A=1\n", unit="[Unit]\n") == f"changed {ENV}\nchanged {UNIT}\n"
    assert (helper.root / ENV[1:]).stat().st_mode & 0o777 == 0o640
    assert helper.install(env="A=1\n", unit="[Unit]\n") == ""
    assert helper.install(env="A=2\n") == f"changed {ENV}\nremoved {UNIT}\n"
    assert not (helper.root / UNIT[1:]).exists()
    assert helper.facts().files == {ENV: hashlib.sha256(b"A=2\n").hexdigest()}


def test_a_secret_is_for_root_alone(helper: HelperUnderTest) -> None:
    path = "/etc/beamwright/courier/secrets/cookie"
    helper.do("install", "courier", stdin=pack([HostFile(path, "s3cret", 0o400, OWNER, GROUP)]))
    assert (helper.root / path[1:]).stat().st_mode & 0o777 == 0o400
    assert (helper.root / path[1:]).parent.stat().st_mode & 0o777 == 0o700
    helper.stage("0.1.0-a")
    helper.do("switch", "courier", "0.1.0-a")
    helper.do("restart", "courier", "courier@1.service")
    assert (helper.root / "opt/beamwright/courier/started").stat().st_mode & 0o777 == 0o700


def test_restart_forgets_the_crash_loop_and_remembers_the_files(helper: HelperUnderTest) -> None:
    helper.install(env="A=1\n")
    helper.calls()
    helper.do("restart", "courier", "courier@1.service")
    unit = "courier@1.service"
    expected = [f"systemctl {verb} {unit}" for verb in ("reset-failed", "enable --quiet", "restart")]
    assert helper.calls() == expected
    assert helper.facts().started == {unit: {ENV: hashlib.sha256(b"A=1\n").hexdigest()}}


def test_a_restart_that_fails_shows_the_log(helper: HelperUnderTest) -> None:
    helper.install(env="A=1\n")
    (helper.root / "broken").touch()
    assert helper("restart", "courier", "courier@1.service").returncode == 1
    assert helper.calls()[-1].startswith("journalctl --unit=courier@1.service --since=")


def test_the_lock_has_one_holder(helper: HelperUnderTest) -> None:
    helper.do("lock", "courier", "t1", "ann@laptop", "rolling 0.2.0")
    second = helper("lock", "courier", "t2", "bob@desk", "restart")
    assert second.returncode == 5
    assert second.stdout.startswith(b"ann@laptop since 20")
    assert second.stdout.endswith(b"Z: rolling 0.2.0\n")
    helper.do("unlock", "courier", "t2")
    assert helper.facts().lock
    helper.do("unlock", "courier", "t1")
    assert helper.facts().lock is None
    helper.do("lock", "courier", "t2", "bob@desk", "restart")
    helper.do("release-lock", "courier")
    assert helper.facts().lock is None


def test_prune_keeps_what_is_needed(helper: HelperUnderTest) -> None:
    for number, release in enumerate(("1-a", "2-b", "3-c", "4-d", "5-e")):
        helper.stage(release)
        os.utime(helper.root / "opt/beamwright/courier/releases" / release, (number, number))
    for release in ("1-a", "2-b"):
        helper.do("switch", "courier", release)
        helper.do("confirm", "courier")
    assert helper.do("prune", "courier", "3").split() == ["4-d", "3-c"]
    assert set(helper.facts().releases) == {"1-a", "2-b", "5-e"}


@pytest.mark.parametrize(
    "members",
    [
        [("../evil", b"", 0o644)],
        [("a/../../evil", b"", 0o644)],
        [("/etc/evil", b"", 0o644)],
        [("su", b"", 0o4755)],
        [("sg", b"", 0o2755)],
        [special("null", tarfile.CHRTYPE)],
        [special("disk", tarfile.BLKTYPE)],
        [special("pipe", tarfile.FIFOTYPE)],
        [special("out", tarfile.LNKTYPE, "../../host")],
        [special("out", tarfile.LNKTYPE, "/etc/shadow")],
        [special("door", tarfile.SYMTYPE, "/etc"), ("door/evil", b"", 0o644)],
    ],
    ids=[
        "..",
        "inner ..",
        "absolute",
        "setuid",
        "setgid",
        "character",
        "block",
        "fifo",
        "link",
        "abs link",
        "door",
    ],
)
def test_a_hostile_archive_is_refused_and_leaves_nothing(
    helper: HelperUnderTest, members: list[Member]
) -> None:
    raw = archive(*members)
    result = helper("stage", "courier", "1-a", hashlib.sha256(raw).hexdigest(), stdin=raw)
    assert result.returncode == 2
    assert b"refused" in result.stderr
    assert list((helper.root / "opt/beamwright/courier/releases").iterdir()) == []


@pytest.mark.parametrize("cut", [0, 10, -1])
def test_an_archive_that_was_cut_short_is_no_release(helper: HelperUnderTest, cut: int) -> None:
    raw = archive(("app/x", b"x" * 1000, 0o644))
    result = helper("stage", "courier", "1-a", hashlib.sha256(raw).hexdigest(), stdin=raw[:cut])
    assert (result.returncode, b"did not arrive whole" in result.stderr) == (1, True)
    assert list((helper.root / "opt/beamwright/courier/releases").iterdir()) == []


@pytest.mark.parametrize(
    "verb",
    [
        [],
        ["sh"],
        ["begin", "courier"],
        ["facts", "Courier"],
        ["facts", "../x"],
        ["facts", "host"],
        ["switch", "courier"],
        ["switch", "courier", "../../etc"],
        ["switch", "courier", "-rf"],
        ["switch", "courier", "a b"],
        ["switch", "courier", "a\nb"],
        ["stage", "courier", "1-a", "xyz"],
        ["stage", "courier", "1-a", "A" * 64],
        ["restart", "courier", "ssh.service"],
        ["restart", "courier", "courier@x.service"],
        ["restart", "courier", "courier@1.service;reboot"],
        ["restart", "courier", "beamwright-rabbitmq.service"],
        ["log", "courier", "5", "last", "--output=cat"],
        ["log", "courier", "5", "--follow", "courier@1.service"],
        ["prune", "courier", "-1"],
        ["lock", "courier", "t", "ann", "a\nb"],
        ["lock", "courier", "t", "", "b"],
        ["rpc", "courier", "$(reboot)"],
    ],
    ids=" ".join,
)
def test_a_bad_argument_is_refused(helper: HelperUnderTest, verb: list[str]) -> None:
    assert helper(*verb).returncode == 2


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "/etc/beamwright/other/1.env",
        "/etc/beamwright/courier/../x",
        "/etc/systemd/system/ssh.service",
    ],
)
def test_a_file_that_is_none_of_the_app_s_is_refused(helper: HelperUnderTest, path: str) -> None:
    result = helper("install", "courier", stdin=pack([HostFile(path, "x", 0o644, OWNER, GROUP)]))
    assert result.returncode == 2
    assert not (helper.root / path[1:]).exists()
