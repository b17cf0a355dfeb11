"""The helper's lease and operations, under dash and busybox."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess

import pytest

from beamwright.rollout.helper import BROKEN_OFF, LOCKED, NEVER_BEGAN
from tests.unit.rollout.host import NODE, TOKEN, FolderHost

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


def test_a_line_of_the_journal_that_a_power_cut_has_cut_spoils_no_other(host: FolderHost) -> None:
    host.lock()
    journal = host.root / "opt/beamwright/courier/journal"
    journal.write_text(journal.read_text() + "2026-11-24T19:3")
    host.power_cut()
    host.lock()
    assert journal.read_text().splitlines()[1] == "2026-11-24T19:3"
    assert journal.read_text().endswith(" 2 ann@laptop began rolling 0.2.0\n")


def test_nor_does_one_that_a_full_disk_has_cut(host: FolderHost) -> None:
    host.lock()
    journal = host.root / "opt/beamwright/courier/journal"
    journal.unlink()
    journal.symlink_to("/dev/full")
    assert host("unlock", "courier", TOKEN, "done").returncode == 0
    journal.unlink()
    journal.write_text("2026-11-24T19:3")
    host.lock()
    half, whole = journal.read_text().splitlines()
    assert half == "2026-11-24T19:3" and whole.endswith(" 2 ann@laptop began rolling 0.2.0")


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
    verb = ("do", OPERATION, str(host.fence), "confirm", "courier", "-")
    assert host(*verb).returncode == NEVER_BEGAN
    (host.root / "no-systemd").unlink()
    host.say(*verb)


def test_a_look_tells_that_a_change_is_at_work(host: FolderHost) -> None:
    host.switch(host.stage("0.1.0"))
    assert not host.facts().busy
    with (host.root / "run/beamwright/busy").open() as busy:
        fcntl.flock(busy, fcntl.LOCK_EX)
        assert host.facts().busy
        # Who looks at the same time is no change.
        fcntl.flock(busy, fcntl.LOCK_SH)
        assert not host.facts().busy
    assert not host.facts().busy


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


def test_what_stays_until_the_next_boot_is_asked_once(host: FolderHost) -> None:
    asked = "systemctl --version"
    told = host.facts()
    assert asked in host.calls()
    host.lock()
    host.calls()
    assert host.facts().systemd == told.systemd and host.facts().arch == told.arch
    assert asked not in host.calls()
    host.power_cut()
    host.facts()
    assert asked in host.calls()


@pytest.mark.parametrize(
    ("seconds", "stays"), [(1000, True), (4599, True), (4600, False), (5, False)], ids=str
)
def test_operations_of_the_day_before_go_once_an_hour(host: FolderHost, seconds: int, stays: bool) -> None:
    """Looked for at a lock; at once when it is fewer seconds since boot than it was then."""
    operations = host.root / "opt/beamwright/.operations"
    for name in ("old", "older", "young"):
        (operations / name).mkdir(parents=True)
    os.utime(operations / "older", (1, 1))
    host.lock(TOKEN)
    assert {path.name for path in operations.iterdir()} == {"old", "young"}
    host.say("unlock", "courier", TOKEN, "done")
    os.utime(operations / "old", (1, 1))
    host.clock(seconds)
    host.lock(TOKEN)
    assert {path.name for path in operations.iterdir()} == ({"old", "young"} if stays else {"young"})


def test_a_systemd_that_does_not_answer_is_asked_again(host: FolderHost) -> None:
    works = (host.root / "bin/systemctl").read_text()
    host.write("bin/systemctl", "#!/bin/sh\nexit 1\n")
    host.lock()
    host.write("bin/systemctl", works)
    assert host.facts().systemd


def test_facts_tell_the_last_fence(host: FolderHost) -> None:
    assert host.facts().fence == 0
    host.lock()
    host.say("unlock", "courier", TOKEN, "done")
    assert (host.facts().fence, host.facts().lease) == (host.fence, None)


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


def test_what_a_change_had_printed_when_it_was_broken_off_is_told(host: FolderHost) -> None:
    folder = host.root / "opt/beamwright/.operations" / OPERATION
    folder.mkdir(parents=True)
    (folder / "begun").touch()
    (folder / "out").write_text("confirmed\n")
    ended = host("result", OPERATION)
    assert (ended.returncode, ended.stdout) == (BROKEN_OFF, b"confirmed\n")
