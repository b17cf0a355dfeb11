"""The helper's dead-man's switch, under dash and busybox: what nobody confirms goes back."""

from __future__ import annotations

import fcntl
import subprocess

import pytest

from beamwright.rollout.helper import LOCKED
from tests.unit.rollout.host import ENV, NODE, TOKEN, FolderHost

OTHER, OPERATION = "fedcba9876543210", "00000000deadbeef"


def begun(host: FolderHost) -> tuple[str, str]:
    """A host that runs one release, confirmed, and is on the way to the next: files and link are changed."""
    first, second = host.stage("0.1.0"), host.stage("0.2.0")
    host.install(env="A=1\n")
    host.switch(first)
    host.install(env="A=2\n")
    host.switch(second, confirm=False)
    host.calls()
    return first, second


def test_what_is_not_confirmed_when_its_lease_ends_goes_back_and_is_restarted(host: FolderHost) -> None:
    first, second = begun(host)
    (host.root / "active").touch()
    host.running(second)
    host.clock(1060)
    host.say("expire", "courier", "lease")
    assert host.app.current == second
    host.clock(1061)
    host.say("expire", "courier", "lease")
    assert (host.app.current, host.app.unconfirmed, host.app.failed) == (first, False, ())
    assert (host.root / ENV[1:]).read_text() == "A=1\n"
    calls = host.calls()
    assert calls.index("systemctl daemon-reload") < calls.index(f"systemctl restart {NODE}")
    assert [line for line in host.journal() if line.startswith("0 host")][-3:] == [
        "0 host not confirmed in time: going back",
        f"0 host reverted to {first}",
        f"0 host restarted {NODE}",
    ]
    assert host.attempt("confirm", "courier", host.app.current or "-").returncode == LOCKED


@pytest.mark.parametrize("off", ["1 year ago", "1 year"])
def test_a_clock_that_is_off_by_a_year_changes_no_lease(host: FolderHost, off: str) -> None:
    first, second = begun(host)
    host.write("bin/date", f'#!/bin/sh\nexec /usr/bin/env PATH=/usr/bin:/bin date -d "{off}" "$@"\n')
    host.clock(1050)
    host.say("renew", TOKEN, "60")
    assert host("lock", "courier", OTHER, "60", "bob@desk", "restart").returncode == LOCKED
    host.clock(1110)
    host.say("expire", "courier", "lease")
    assert host.app.current == second
    host.clock(1111)
    host.say("expire", "courier", "lease")
    assert host.app.current == first
    assert host.say("lock", "courier", OTHER, "60", "bob@desk", "restart") == "3\n"


@pytest.mark.parametrize("reverted", [False, True])
def test_who_has_looked_before_a_host_went_back_by_itself_can_tell(host: FolderHost, reverted: bool) -> None:
    begun(host)
    if reverted:
        host.do("revert", "courier")  # its units are still owed their restart
    host.say("unlock", "courier", TOKEN, "interrupted")
    seen = host.facts().fence
    host.clock(1061)
    host.say("expire", "courier", "lease")
    host.lock(OTHER)
    assert host.fence == seen + 2


def test_a_disk_that_takes_no_more_keeps_no_host_from_going_back(host: FolderHost) -> None:
    first, _ = begun(host)
    fence = (host.root / "opt/beamwright/.fence").read_text()
    (host.root / "opt/beamwright/.fence.new").mkdir()  # what is written there fails
    host.clock(1061)
    host("expire", "courier", "lease")
    assert (host.app.current, (host.root / "opt/beamwright/.fence").read_text()) == (first, fence)


def test_at_boot_the_way_back_of_one_app_waits_for_that_of_another(host: FolderHost) -> None:
    first, _ = begun(host)
    host.power_cut()
    (host.root / "run/beamwright").mkdir(parents=True)
    with (host.root / "run/beamwright/busy").open("w") as busy:
        fcntl.flock(busy, fcntl.LOCK_EX)
        at_boot = subprocess.Popen(host.command("expire", "courier", "boot"))
        with pytest.raises(subprocess.TimeoutExpired):
            at_boot.wait(0.5)
    assert at_boot.wait(10) == 0
    assert host.app.current == first


def test_a_node_that_runs_what_it_ran_before_is_not_restarted(host: FolderHost) -> None:
    first, second = host.stage("0.1.0"), host.stage("0.2.0")
    host.install(env="A=1\n")
    host.switch(first)
    (host.root / "active").touch()
    host.running(first)
    host.do("restart", "courier", NODE)
    host.switch(second, confirm=False)
    host.calls()
    host.clock(2000)
    host.say("expire", "courier", "lease")
    assert host.app.current == first
    assert f"systemctl restart {NODE}" not in host.calls()


def test_a_reboot_takes_back_what_is_not_confirmed_and_leaves_the_starting_to_systemd(
    host: FolderHost,
) -> None:
    first, _ = begun(host)
    host.power_cut()
    host.say("expire", "courier", "boot")
    assert (host.app.current, host.app.unconfirmed) == (first, False)
    assert not [call for call in host.calls() if call.startswith("systemctl restart")]


def test_the_switch_is_armed_before_anything_changes_and_disarmed_by_confirm(host: FolderHost) -> None:
    watch = host.root / "etc/systemd/system"
    links = {
        watch / "multi-user.target.wants/beamwright-revert@courier.service": watch
        / "beamwright-revert@.service",
        watch / "timers.target.wants/beamwright-lease@courier.timer": watch / "beamwright-lease@.timer",
    }
    host.write(
        "bin/sync", '#!/bin/sh\n[ -d @ROOT@/opt/beamwright/courier/undo ] || echo "sync $*" >>@ROOT@/calls\n'
    )
    release = host.stage("0.1.0")
    host.calls()
    host.switch(release, confirm=False)
    calls = host.calls()
    flushed = calls.index(f"sync {watch} {watch}/multi-user.target.wants {watch}/timers.target.wants")
    assert calls.index("systemctl daemon-reload") < flushed
    assert calls[flushed + 1] == "systemctl start beamwright-lease@courier.timer"
    assert {link: link.readlink() for link in links} == links
    assert all("[Unit]" in link.read_text() for link in links)
    host.confirm()
    assert not any(link.is_symlink() for link in links)
    assert "systemctl stop --no-block beamwright-lease@courier.timer" in host.calls()
    host.switch(host.stage("0.2.0"), confirm=False)
    assert all(link.is_symlink() for link in links)
    assert "systemctl daemon-reload" not in host.calls()


def test_systemd_reads_again_what_an_arming_that_was_killed_has_left(host: FolderHost) -> None:
    release = host.stage("0.1.0")
    host.kill_at("systemctl", "daemon-reload")
    assert host.killed("switch", "courier", release)
    host.calls()
    host.do("switch", "courier", release)
    assert "systemctl daemon-reload" in host.calls()


def test_what_starts_at_boot_is_on_the_disk_before_the_way_back_goes(host: FolderHost) -> None:
    host.switch(host.stage("0.1.0"), confirm=False)
    watch = host.root / "etc/systemd/system"
    (watch / "courier.target").touch()
    host.write(
        "bin/sync",
        '#!/bin/sh\n[ ! -d @ROOT@/opt/beamwright/courier/undo ] || echo "sync $*" >>@ROOT@/calls\n',
    )
    host.calls()
    host.confirm()
    calls = host.calls()
    wants = " ".join(f"{watch}/{target}.target.wants" for target in ("courier", "multi-user", "timers"))
    assert calls.index("systemctl enable --quiet courier.target") < calls.index(f"sync {watch} {wants}")


@pytest.mark.parametrize(
    ("up", "seconds", "starts"), [(False, 0, 1), (True, 30, 0), (True, 31, 1)], ids=["down", "up", "long ago"]
)
def test_a_confirm_starts_the_target_unless_all_was_active_just_now(
    host: FolderHost, up: bool, seconds: int, starts: int
) -> None:
    (host.root / "etc/systemd/system").mkdir(parents=True)
    (host.root / "etc/systemd/system/courier.target").touch()
    if up:
        (host.root / "up").touch()
    release = host.stage("0.1.0")
    host.switch(release, confirm=False)
    host.facts()
    host.clock(1000 + seconds)
    host.calls()
    host.do("confirm", "courier", release)
    assert host.calls().count("systemctl start --no-block courier.target") == starts


@pytest.mark.parametrize("verb", ["stop", "start"])
def test_a_confirm_that_has_happened_is_told_as_one(host: FolderHost, verb: str) -> None:
    release = host.stage("0.1.0")
    host.switch(release, confirm=False)
    (host.root / "etc/systemd/system/courier.target").touch()
    host.write("bin/systemctl", f"#!/bin/sh\n[ $1 != {verb} ]\n")
    done = host.attempt("confirm", "courier", release)
    assert (done.returncode, done.stderr.count(b"host: courier is confirmed, and ")) == (0, 1)
    assert host.journal()[-1] == f"1 ann@laptop confirmed {release}"
    assert not (host.base / "undo").exists()


def test_what_has_gone_back_meanwhile_is_not_confirmed(host: FolderHost) -> None:
    first, second = begun(host)
    host.do("revert", "courier")
    refused = host.attempt("confirm", "courier", second)
    assert (
        refused.returncode,
        f"courier is at {first} here, not at {second}".encode() in refused.stderr,
    ) == (1, True)
    assert f"confirmed {second}" not in "\n".join(host.journal())


def test_giving_the_lock_back_leaves_the_next_one_as_long_as_the_lease_lasted(host: FolderHost) -> None:
    _, second = begun(host)
    host.say("unlock", "courier", TOKEN, "interrupted")
    host.clock(1060)
    host.say("expire", "courier", "lease")
    assert host.app.current == second
    host.lock(OTHER)
    host.clock(1115)
    host.say("expire", "courier", "lease")
    host.confirm()
    assert (host.app.current, host.app.unconfirmed) == (second, False)


def test_units_that_a_dead_deployer_reverted_and_did_not_restart_are_restarted_by_the_host(
    host: FolderHost,
) -> None:
    first, second = begun(host)
    (host.root / "active").touch()
    host.running(second)
    host.do("revert", "courier")
    host.calls()
    host.clock(1061)
    host.say("expire", "courier", "lease")
    assert host.app.current == first
    assert f"systemctl restart {NODE}" in (calls := host.calls())
    assert "systemctl stop --no-block beamwright-lease@courier.timer" in calls
    assert not list((host.root / "etc/systemd/system").glob("*.wants/beamwright-*"))
    host.say("expire", "courier", "lease")
    assert f"systemctl restart {NODE}" not in host.calls()


def test_rabbitmq_does_not_go_back_to_an_older_version(host: FolderHost) -> None:
    host.base = host.root / "opt/beamwright/rabbitmq"
    host.base.mkdir(parents=True)
    (host.base / "undo").mkdir()
    (host.base / "undo/current").write_text("3.12-a\n")
    (host.base / "current").symlink_to("releases/4.0-b")
    host.say("expire", "rabbitmq", "boot")
    assert (host.base / "current").readlink().name == "4.0-b"
    assert "a person has to look" in (host.base / "journal").read_text()
