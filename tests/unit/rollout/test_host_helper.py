"""The helper's verbs under dash and busybox: look, switch, install, revert, units; bad arguments."""

from __future__ import annotations

import hashlib
import os

import pytest

from beamwright.rollout.facts import parse_facts
from beamwright.rollout.parcel import parcel
from beamwright.units import HostFile
from tests.unit.rollout.host import ENV, GROUP, NODE, OWNER, TOKEN, UNIT, FolderHost


def test_a_host_that_never_saw_us(host: FolderHost) -> None:
    facts = parse_facts(host.say("facts", "courier", "rabbitmq"))
    assert (facts.systemd, facts.arch, facts.lease) == (252, os.uname().machine, None)
    assert facts.free_kb > 0
    assert set(facts.apps) == {"courier", "rabbitmq"}
    assert (facts.apps["courier"].current, facts.apps["courier"].units) == (None, {})
    assert not [call for call in host.calls() if call.startswith("systemctl show")]
    host.lock()
    assert host.app.units[NODE].running == "0.1.0-a"


def test_stage_switch_confirm(host: FolderHost) -> None:
    first = host.stage("0.1.0")
    assert (host.base / "releases" / first / "app/bin/erlexec").stat().st_mode & 0o777 == 0o755
    host.switch(first, confirm=False)
    assert (host.app.current, host.app.unconfirmed, host.app.before) == (first, True, None)
    host.confirm()
    second = host.stage("0.2.0")
    host.switch(second)
    assert (host.app.current, host.app.previous, host.app.unconfirmed) == (second, first, False)
    assert str((host.base / "current").readlink()) == f"releases/{second}"
    told = (f"staged {second}", f"switched to {second} from {first}", f"confirmed {second}")
    assert host.journal()[-3:] == [f"1 ann@laptop {text}" for text in told]


def test_revert_leads_back_to_what_was_confirmed_however_often_it_was_tried(host: FolderHost) -> None:
    first, second, third = (host.stage(version) for version in ("0.1.0", "0.2.0", "0.3.0"))
    host.do("switch", "courier", first)
    host.install(env="A=1\n")
    host.confirm()
    host.install(env="A=2\n", unit="[Unit]\n")
    host.switch(second, confirm=False)
    host.install(env="A=3\n", unit="[Unit]\n# 3\n")
    host.switch(third, confirm=False)
    assert host.do("revert", "courier") == f"{first}\n"
    assert (host.app.current, host.app.previous, host.app.unconfirmed) == (first, None, False)
    assert host.app.failed == (third,)
    assert (host.root / ENV[1:]).read_text() == "A=1\n"
    assert not (host.root / UNIT[1:]).exists()
    assert list(host.app.files) == [ENV]
    host.calls()
    assert host.do("revert", "courier") == ""
    assert host.calls() == []


def test_a_release_that_failed_is_well_again_once_it_is_confirmed(host: FolderHost) -> None:
    first, second = host.stage("0.1.0"), host.stage("0.2.0")
    host.switch(first)
    host.switch(second, confirm=False)
    host.do("revert", "courier")
    assert list(host.app.failed) == [second]
    host.switch(second)
    assert not host.app.failed


def test_revert_of_the_first_release_stops_its_units_before_their_files_go(host: FolderHost) -> None:
    host.install(unit="[Unit]\n")
    host.switch(host.stage("0.1.0"), confirm=False)
    host.calls()
    assert host.do("revert", "courier") == "-\n"
    calls = host.calls()
    assert calls.index(f"systemctl stop {NODE}") < calls.index("systemctl daemon-reload")
    assert not (host.root / UNIT[1:]).exists()
    assert not (host.base / "current").is_symlink()


def test_install_writes_what_differs_and_removes_what_is_no_longer_wanted(host: FolderHost) -> None:
    assert host.install(env="A=1\n", unit="[Unit]\n") == f"changed {ENV}\nchanged {UNIT}\n"
    assert (host.root / ENV[1:]).stat().st_mode & 0o777 == 0o640
    assert host.install(env="A=1\n", unit="[Unit]\n") == ""
    assert host.install(env="A=2\n") == f"changed {ENV}\nremoved {UNIT}\n"
    assert not (host.root / UNIT[1:]).exists()
    assert host.app.files == {ENV: hashlib.sha256(b"A=2\n").hexdigest()}


def test_a_secret_is_for_root_alone(host: FolderHost) -> None:
    path = "/etc/beamwright/courier/secrets/cookie"
    packed = parcel((HostFile(path, "s3cret", 0o400, OWNER, GROUP),))
    host.do("install", "courier", packed.sha256, stdin=packed.open().read())
    assert (host.root / path[1:]).stat().st_mode & 0o777 == 0o400
    assert (host.root / path[1:]).parent.stat().st_mode & 0o777 == 0o700
    host.switch(host.stage("0.1.0"))
    host.do("restart", "courier", NODE)
    assert (host.base / "started").stat().st_mode & 0o777 == 0o700
    kept = [p for p in host.root.rglob("*") if p.is_file() and b"s3cret" in p.read_bytes()]
    assert kept == [host.root / path[1:]]


def test_files_that_others_may_change_or_secrets_that_they_may_read_are_told(host: FolderHost) -> None:
    secret = "/etc/beamwright/courier/secrets/cookie"
    files = (HostFile(secret, "s3cret", 0o400, OWNER, GROUP), HostFile(ENV, "A=1\n", 0o644, OWNER, GROUP))
    packed = parcel(files)

    def install() -> str:
        return host.do("install", "courier", packed.sha256, stdin=packed.open().read())

    install()
    assert host.app.loose == set()
    (host.root / secret[1:]).chmod(0o440)
    (host.root / ENV[1:]).chmod(0o666)
    assert host.app.loose == {secret, ENV}
    assert install() == f"changed {secret}\nchanged {ENV}\n"
    assert host.app.loose == set()


def test_what_nobody_at_all_may_touch_is_not_told_as_open_to_others(host: FolderHost) -> None:
    secret = "/etc/beamwright/courier/secrets/cookie"
    files = (HostFile(secret, "s3cret", 0o400, OWNER, GROUP), HostFile(ENV, "A=1\n", 0o640, OWNER, GROUP))
    packed = parcel(files)
    host.do("install", "courier", packed.sha256, stdin=packed.open().read())
    for mode, loose in ((0, set()), (0o4, {secret}), (0o2, {secret, ENV}), (0o40, {secret})):
        (host.root / secret[1:]).chmod(mode)
        (host.root / ENV[1:]).chmod(mode)
        # Who is not root can't read them then.
        assert parse_facts(host("facts", "courier").stdout.decode()).apps["courier"].loose == loose


def test_restart_forgets_the_crash_loop_and_remembers_the_files(host: FolderHost) -> None:
    host.install(env="A=1\n")
    host.calls()
    host.do("restart", "courier", NODE)
    expected = [f"systemctl {verb} {NODE}" for verb in ("reset-failed", "enable --quiet", "restart")]
    assert host.calls() == expected
    assert host.app.started == {NODE: {ENV: hashlib.sha256(b"A=1\n").hexdigest()}}


def test_a_restart_that_is_killed_is_still_owed(host: FolderHost) -> None:
    host.install(env="A=1\n")
    host.do("restart", "courier", NODE)
    host.install(env="A=2\n")
    host.kill_at("systemctl", "restart")
    assert host.killed("restart", "courier", NODE)
    assert host.app.started == {}


def test_a_restart_makes_up_for_the_reload_of_an_install_that_was_killed(host: FolderHost) -> None:
    host.install(unit="[Unit]\n")
    packed = parcel((HostFile(UNIT, "[Unit]\n# 2\n", 0o640, OWNER, GROUP),))
    host.kill_at("systemctl", "daemon-reload")
    assert host.killed("install", "courier", packed.sha256, stdin=packed.open().read())
    assert host.app.files[UNIT] == hashlib.sha256(b"[Unit]\n# 2\n").hexdigest()
    host.calls()
    host.do("restart", "courier", NODE)
    calls = host.calls()
    assert calls.index("systemctl daemon-reload") < calls.index(f"systemctl restart {NODE}")


@pytest.mark.parametrize("looked", [False, True], ids=["unseen", "seen"])
def test_a_restart_has_systemd_read_what_somebody_else_has_changed(host: FolderHost, looked: bool) -> None:
    host.install(unit="[Unit]\n")
    (host.root / "stale").touch()
    if looked:
        host.facts()
    host.calls()
    host.do("restart", "courier", NODE)
    calls = host.calls()
    assert calls.index("systemctl daemon-reload") < calls.index(f"systemctl restart {NODE}")


@pytest.mark.parametrize(("seconds", "reloads"), [(30, 0), (31, 1)])
def test_a_restart_trusts_a_look_for_half_a_minute(host: FolderHost, seconds: int, reloads: int) -> None:
    host.install(unit="[Unit]\n")
    host.facts()
    (host.root / "stale").touch()
    host.clock(1000 + seconds)
    host.calls()
    host.do("restart", "courier", NODE)
    assert host.calls().count("systemctl daemon-reload") == reloads


def test_systemd_reads_all_units_again_only_where_one_changed(host: FolderHost) -> None:
    first, second = host.stage("0.1.0"), host.stage("0.2.0")
    host.install(unit="[Unit]\n")
    host.switch(first)
    host.do("restart", "courier", NODE)
    host.calls()
    host.switch(second)
    host.do("restart", "courier", NODE)
    calls = host.calls()
    assert f"systemctl restart {NODE}" in calls
    assert "systemctl daemon-reload" not in calls
    assert not [call for call in calls if call.startswith("systemctl enable --quiet")]


def test_a_restart_that_fails_shows_the_log(host: FolderHost) -> None:
    host.install(env="A=1\n")
    (host.root / "broken").touch()
    assert host.attempt("restart", "courier", NODE).returncode == 1
    assert host.calls()[-1].startswith(f"journalctl --unit={NODE} --since=")


def test_a_switch_restarts_a_unit_in_the_same_operation(host: FolderHost) -> None:
    release = host.stage("0.1.0")
    host.calls()
    assert host.do("switch", "courier", release, NODE) == "switched\n"
    assert host.app.current == release
    assert f"systemctl restart {NODE}" in host.calls()
    assert host.journal()[-2:] == [
        f"1 ann@laptop switched to {release} from -",
        f"1 ann@laptop restarted {NODE}",
    ]


def test_which_half_of_a_switch_failed_is_told(host: FolderHost) -> None:
    release = host.stage("0.1.0")
    lacks = host.attempt("switch", "courier", "0.2.0-a", NODE)
    (host.root / "broken").touch()
    broken = host.attempt("switch", "courier", release, NODE)
    assert (lacks.returncode, lacks.stdout) == (1, b"")
    assert (broken.returncode, broken.stdout[:9]) == (1, b"switched\n")
    assert host.app.current == release
    assert host.attempt("switch", "courier", release, "other@1.service").returncode == 2


def test_prune_keeps_what_is_needed(host: FolderHost) -> None:
    ids = [host.stage(str(number)) for number in range(1, 6)]
    for number, release in enumerate(ids):
        os.utime(host.base / "releases" / release, (number, number))
    host.switch(ids[0])
    host.switch(ids[1])
    assert host.do("prune", "courier", "3").split() == [ids[3], ids[2]]
    assert set(host.app.releases) == {ids[0], ids[1], ids[4]}
    assert len(list((host.base / "manifests").iterdir())) == 3


def test_a_confirm_prunes_in_the_same_operation(host: FolderHost) -> None:
    ids = [host.stage(str(number)) for number in range(1, 4)]
    for number, release in enumerate(ids):
        os.utime(host.base / "releases" / release, (number, number))
    host.do("switch", "courier", ids[2])
    assert host.attempt("confirm", "courier", ids[2], "0x").returncode == 2
    other = host.attempt("confirm", "courier", ids[0], "2")
    assert (other.returncode, other.stdout, len(host.app.releases)) == (1, b"", 3)
    assert host.do("confirm", "courier", ids[2], "2") == f"confirmed\n{ids[0]}\n"
    assert set(host.app.releases) == {ids[1], ids[2]}
    assert [line.split()[2:] for line in host.journal()[-2:]] == [["confirmed", ids[2]], ["pruned", ids[0]]]


def test_the_helper_replaces_itself_whole_or_not_at_all(host: FolderHost) -> None:
    new = b"#!/bin/sh\necho new\n"
    digest = hashlib.sha256(new).hexdigest()
    assert host("upgrade-helper", digest, stdin=new[:-3]).returncode == 1
    broken = b"#!/bin/sh\nif\n"
    assert host("upgrade-helper", hashlib.sha256(broken).hexdigest(), stdin=broken).returncode == 2
    host.lock()
    assert host("upgrade-helper", digest, stdin=new).returncode == 5
    host.say("unlock", "courier", TOKEN, "done")
    host.say("upgrade-helper", digest, stdin=new)
    assert int((host.root / "opt/beamwright/.fence").read_text()) == host.fence + 1
    assert host.say() == "new\n"


OPERATION = "fedcba9876543210"


@pytest.mark.parametrize(
    "verb",
    [
        [],
        ["sh"],
        ["begin", "courier"],
        ["facts", "Courier"],
        ["facts", "../x"],
        ["facts", "host"],
        ["switch", "courier", "0.1.0-a"],
        ["do", OPERATION, "1", "sh", "courier"],
        ["do", OPERATION, "1", "lock", "courier"],
        ["do", OPERATION, "1", "switch", "courier"],
        ["do", "../../../etc", "1", "confirm", "courier", "-"],
        ["do", OPERATION, "-1", "confirm", "courier"],
        ["result", "../x"],
        ["perform", "a/../../b"],
        ["log", "courier", "5", "last", "--output=cat"],
        ["log", "courier", "5", "--follow", NODE],
        ["lock", "courier", "t", "60", "ann", "short token"],
        ["lock", "courier", TOKEN, "60", "ann", "a\nb"],
        ["lock", "courier", TOKEN, "60", "ann of the laptop", "b"],
        ["lock", "courier", TOKEN, "-60", "ann", "b"],
        ["expire", "courier", "now"],
        ["manifest", "courier", "../1"],
        ["rpc", "courier", "$(reboot)"],
    ],
    ids=" ".join,
)
def test_a_bad_argument_is_refused(host: FolderHost, verb: list[str]) -> None:
    assert host(*verb).returncode == 2


@pytest.mark.parametrize(
    "verb",
    [
        ["switch", "courier", "../../etc"],
        ["switch", "courier", "-rf"],
        ["switch", "courier", "a b"],
        ["restart", "courier", "ssh.service"],
        ["restart", "courier", "courier@x.service"],
        ["restart", "courier", "courier@1.service;reboot"],
        ["restart", "courier", "beamwright-rabbitmq.service"],
        ["prune", "courier", "-1"],
        ["confirm", "../courier", "-"],
        ["switch", "courier", "a\nb"],
    ],
    ids=" ".join,
)
def test_a_bad_argument_of_a_change_is_refused(host: FolderHost, verb: list[str]) -> None:
    assert host.attempt(*verb).returncode == 2


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "/etc/beamwright/allowed_signers",
        "/etc/beamwright/other/1.env",
        "/etc/beamwright/courier/../x",
        "/etc/systemd/system/ssh.service",
    ],
)
def test_a_file_that_is_none_of_the_app_s_is_refused(host: FolderHost, path: str) -> None:
    packed = parcel((HostFile(path, "x", 0o644, OWNER, GROUP),))
    result = host.attempt("install", "courier", packed.sha256, stdin=packed.open().read())
    assert result.returncode == 2
    assert not (host.root / path[1:]).exists()
