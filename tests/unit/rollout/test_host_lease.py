"""The helper's lease, operations and dead-man's switch, under dash and busybox."""

from __future__ import annotations

import hashlib
import subprocess

import pytest

from beamwright.rollout.helper import LOCKED, NEVER_BEGAN
from tests.unit.rollout.host import ENV, NODE, TOKEN, FolderHost

OTHER, OPERATION = "fedcba9876543210", "00000000deadbeef"


def test_the_lease_has_one_holder(host: FolderHost) -> None:
    host.lock()
    second = host("lock", "courier", OTHER, "60", "bob@desk", "restart")
    assert second.returncode == LOCKED
    assert second.stdout.startswith(b"ann@laptop since 20")
    assert second.stdout.endswith(b"Z: rolling 0.2.0; the lease lasts 60 s more\n")
    host.say("unlock", "courier", OTHER, "done")
    lease = host.facts().lease
    assert lease and lease.seconds == 60 and lease.holder.startswith("ann@laptop since 20")
    host.say("unlock", "courier", TOKEN, "done")
    assert host.facts().lease is None
    host.say("lock", "courier", OTHER, "60", "bob@desk", "restart")
    host.say("release-lock", "courier")
    assert host.facts().lease is None
    assert host.journal() == [
        "1 ann@laptop began rolling 0.2.0",
        "1 ann@laptop ended done",
        "2 bob@desk began restart",
        "2 bob@desk ended: the lock was released by hand",
    ]


def test_a_journal_that_can_not_be_written_keeps_no_lock(host: FolderHost) -> None:
    journal = host.root / "opt/beamwright/courier/journal"
    for verb in (("unlock", "courier", TOKEN, "done"), ("release-lock", "courier")):
        host.lock()
        journal.rename(journal.with_suffix(".away"))
        journal.mkdir()
        assert host(*verb).returncode == 0
        journal.rmdir()
        journal.with_suffix(".away").rename(journal)
        assert host.facts().lease is None


def test_a_line_of_the_journal_that_was_cut_spoils_no_other(host: FolderHost) -> None:
    host.lock()
    journal = host.root / "opt/beamwright/courier/journal"
    journal.write_text(journal.read_text() + "2026-11-24T19:3")
    host.say("unlock", "courier", TOKEN, "done")
    assert journal.read_text().splitlines()[1] == "2026-11-24T19:3"
    assert journal.read_text().endswith(" 1 ann@laptop ended done\n")


def test_a_lease_lasts_while_it_is_renewed(host: FolderHost) -> None:
    host.lock()
    host.clock(1050)
    host.say("renew", TOKEN, "60")
    host.clock(1110)
    assert host("lock", "courier", OTHER, "60", "bob@desk", "restart").returncode == LOCKED
    host.clock(1111)
    assert host("renew", TOKEN, "60").returncode == LOCKED
    lease = host.facts().lease
    assert lease and lease.is_over


def test_a_clock_that_is_set_ends_no_lease_and_prolongs_none(host: FolderHost) -> None:
    host.lock()
    for years in ("1 year", "1 year ago"):
        host.write("bin/date", f"#!/bin/sh\nexec /bin/date --date='{years}' \"$@\"\n")
        host.clock(1060)
        assert host("lock", "courier", OTHER, "60", "bob@desk", "restart").returncode == LOCKED
        host.say("renew", TOKEN, "0")
        host.clock(1061)
        assert host("renew", TOKEN, "60").returncode == LOCKED
        host.clock(1000)
        host.lock()


def test_a_lease_that_has_ended_is_taken_over_for_all_to_see(host: FolderHost) -> None:
    host.lock()
    host.clock(1061)
    assert host.say("lock", "courier", OTHER, "60", "bob@desk", "restart") == "2\n"
    assert host.journal()[-2].startswith("2 bob@desk took over from ann@laptop since 20")
    refused = host.attempt("prune", "courier", "3")
    assert (refused.returncode, refused.stdout[:27]) == (LOCKED, b"the lease is now of bob@des")
    assert host("renew", TOKEN, "60").returncode == LOCKED


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
    assert host.say("lock", "courier", OTHER, "60", "bob@desk", "restart") == "2\n"


def test_asking_again_for_a_lease_that_is_held_gives_the_same_fence(host: FolderHost) -> None:
    host.lock()
    host.lock()
    assert host.fence == 1


def test_fences_grow_over_a_reboot_which_ends_the_lease(host: FolderHost) -> None:
    host.lock()
    host.power_cut()
    assert host.attempt("prune", "courier", "3").stdout == b"the lease has ended\n"
    host.lock(OTHER)
    assert host.fence == 2


def test_an_operation_is_done_once_and_tells_how_it_ended_as_often_as_it_is_asked(host: FolderHost) -> None:
    release = host.stage("0.1.0")
    verb = ("do", OPERATION, str(host.fence), "switch", "courier", release)
    assert host("result", OPERATION).returncode == NEVER_BEGAN
    host.say(*verb)
    host.do("revert", "courier")
    host.say(*verb)
    assert host.app.current is None
    assert host.say("result", OPERATION) == ""
    (host.root / "broken").touch()
    failed = ("do", OTHER, str(host.fence), "restart", "courier", NODE)
    assert (host(*failed).returncode, host("result", OTHER).returncode) == (1, 1)


def test_an_operation_that_systemd_could_not_start_never_began(host: FolderHost) -> None:
    host.lock()
    (host.root / "no-systemd").touch()
    verb = ("do", OPERATION, str(host.fence), "confirm", "courier")
    assert host(*verb).returncode == NEVER_BEGAN
    (host.root / "no-systemd").unlink()
    host.say(*verb)


def test_what_did_not_arrive_whole_is_no_operation(host: FolderHost) -> None:
    host.lock()
    digest = hashlib.sha256(b"whole").hexdigest()
    cut = host("do", OPERATION, str(host.fence), "install", "courier", digest, stdin=b"who")
    assert (cut.returncode, b"did not arrive whole" in cut.stderr) == (1, True)
    assert host("result", OPERATION).returncode == NEVER_BEGAN
    assert list((host.root / "opt/beamwright/.operations").iterdir()) == []


def test_an_operation_outlives_its_session(host: FolderHost) -> None:
    host.install(env="A=1\n")
    (host.root / "slow").touch()
    command = host.command("do", OPERATION, str(host.fence), "restart", "courier", NODE)
    session = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    for stream in (session.stdin, session.stdout, session.stderr):
        assert stream
        stream.close()
    session.wait(timeout=20)
    assert host.say("result", OPERATION) == ""
    assert NODE in host.app.started


def test_one_change_at_a_time(host: FolderHost) -> None:
    host.lock()
    (host.root / "slow").touch()
    verbs = (("restart", "courier", NODE), ("prune", "courier", "3"))
    commands = [host.command("do", f"{n}" * 16, str(host.fence), *verb) for n, verb in enumerate(verbs)]
    (host.base / "releases").mkdir(parents=True)
    first = subprocess.Popen(commands[0], stdin=subprocess.DEVNULL)
    while not (host.root / f"opt/beamwright/.operations/{'0' * 16}/begun").exists():
        pass
    subprocess.run(commands[1], stdin=subprocess.DEVNULL, check=True)
    assert first.wait(timeout=20) == 0 and host.journal()[-1].endswith(f"restarted {NODE}")


def begun(host: FolderHost) -> tuple[str, str]:
    """A host that runs one release, confirmed, and is on the way to the next: files and link are changed."""
    first, second = host.stage("0.1.0"), host.stage("0.2.0")
    host.install(env="A=1\n")
    host.switch(first)
    host.install(env="A=2\n")
    host.switch(second, confirm=False)
    host.calls()
    return first, second


def test_facts_tell_the_last_fence(host: FolderHost) -> None:
    assert host.facts().fence == 0
    host.lock()
    host.say("unlock", "courier", TOKEN, "done")
    assert (host.facts().fence, host.facts().lease) == (host.fence, None)


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
    assert host.attempt("confirm", "courier").returncode == LOCKED


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
    host.do("confirm", "courier")
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


def test_systemd_reads_again_what_an_arming_of_another_helper_has_left(host: FolderHost) -> None:
    host.switch(host.stage("0.1.0"))
    second = host.stage("0.2.0")
    (host.root / "stale").touch()
    host.calls()
    host.do("switch", "courier", second)
    calls = host.calls()
    assert calls.index("systemctl daemon-reload") < calls.index(
        "systemctl start beamwright-lease@courier.timer"
    )


def test_what_starts_at_boot_is_on_the_disk_before_the_way_back_goes(host: FolderHost) -> None:
    host.switch(host.stage("0.1.0"), confirm=False)
    watch = host.root / "etc/systemd/system"
    (watch / "courier.target").touch()
    host.write(
        "bin/sync",
        '#!/bin/sh\n[ ! -d @ROOT@/opt/beamwright/courier/undo ] || echo "sync $*" >>@ROOT@/calls\n',
    )
    host.calls()
    host.do("confirm", "courier")
    calls = host.calls()
    wants = " ".join(f"{watch}/{target}.target.wants" for target in ("courier", "multi-user", "timers"))
    assert calls.index("systemctl enable --quiet courier.target") < calls.index(f"sync {watch} {wants}")


@pytest.mark.parametrize("verb", ["stop", "start"])
def test_a_confirm_that_has_happened_is_told_as_one(host: FolderHost, verb: str) -> None:
    release = host.stage("0.1.0")
    host.switch(release, confirm=False)
    (host.root / "etc/systemd/system/courier.target").touch()
    host.write("bin/systemctl", f"#!/bin/sh\n[ $1 != {verb} ]\n")
    done = host.attempt("confirm", "courier")
    assert (done.returncode, done.stderr.count(b"host: courier is confirmed, and ")) == (0, 1)
    assert host.journal()[-1] == f"1 ann@laptop confirmed {release}"
    assert not (host.base / "undo").exists()


def test_a_disk_that_is_full_is_blamed_once(host: FolderHost) -> None:
    host.lock()
    host.write("bin/stat", "#!/bin/sh\necho 0 4096 99 99\n")
    (host.root / "broken").touch()
    failed = host("do", OPERATION, str(host.fence), "restart", "courier", NODE)
    assert (failed.returncode, failed.stderr.count(b"no space left")) == (1, 1)
    assert host("result", OPERATION).stderr == failed.stderr
    (host.root / "no-systemd").touch()
    never = host("do", OTHER, str(host.fence), "restart", "courier", NODE)
    assert (never.returncode, never.stderr.count(b"no space left")) == (NEVER_BEGAN, 1)


def test_a_disk_that_says_nothing_of_itself_changes_no_exit_code(host: FolderHost) -> None:
    host.lock()
    host.write("bin/stat", "#!/bin/sh\nexit 1\n")
    (host.root / "no-systemd").touch()
    never = host("do", OPERATION, str(host.fence), "restart", "courier", NODE)
    assert (never.returncode, b"are free" in never.stderr) == (NEVER_BEGAN, False)


def test_giving_the_lock_back_leaves_the_next_one_as_long_as_the_lease_lasted(host: FolderHost) -> None:
    _, second = begun(host)
    host.say("unlock", "courier", TOKEN, "interrupted")
    host.clock(1060)
    host.say("expire", "courier", "lease")
    assert host.app.current == second
    host.lock(OTHER)
    host.clock(1115)
    host.say("expire", "courier", "lease")
    host.do("confirm", "courier")
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
