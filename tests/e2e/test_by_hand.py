"""The tarball by hand, as nobody, in a root that holds busybox and no libc at all; the tree is read-only."""

from __future__ import annotations

import pytest

from tests.hand import FOLDER, Hand

pytestmark = pytest.mark.docker

# -- a daemon and those who talk to it


def test_a_daemon_is_asked_and_stopped(daemon: Hand) -> None:
    assert daemon.ok('"$it" ping') == "pong"
    pid = daemon.ok('"$it" pid')
    assert f"-config {FOLDER}/app/releases/0.1.0/sys" in daemon.ok(f"tr '\\0' ' ' </proc/{pid}/cmdline")
    cookie = daemon.ok("cat /tmp/.local/state/*/cookie")
    assert len(cookie) == 64
    assert daemon.sh("cat /proc/[0-9]*/cmdline | grep -qf /tmp/.local/state/*/cookie").exit_code == 1
    again = daemon.sh('"$it" foreground')
    assert (again.exit_code, again.stdout) == (1, f"ERROR: {daemon.node} is running, as process {pid}")
    daemon.ok('"$it" stop')
    assert daemon.sh(f"[ -e /proc/{pid}/exe ]").exit_code == 1
    for question in ("pid", "ping", "stop", "rpc 1", "remote", "restart"):
        gone = daemon.sh(f'"$it" {question}')
        assert (gone.exit_code, gone.stdout) == (1, f"ERROR: {daemon.node} is not running")
    # For whoever stops it after this test.
    daemon.ok('"$it" daemon')


def test_rpc_prints_what_the_field_prints_and_fails_as_it_does(daemon: Hand) -> None:
    if daemon.elixir:
        assert daemon.ok('"$it" rpc \'IO.puts("ü"); node()\'') == "ü"
        assert daemon.ok('echo hello | "$it" rpc \'IO.puts String.upcase IO.gets("")\'').startswith("HELLO")
        assert daemon.ok('"$it" rpc \'IO.inspect Courier.Scales.weigh("30x20x10")\'') == "{:ok, 1200}"
        failed = daemon.sh('"$it" rpc \'raise "oh"\'')
        assert (failed.exit_code, "** (RuntimeError) oh" in failed.stdout) == (1, True)
    else:
        assert daemon.ok("\"$it\" rpc '{node(), [252]}.'") == f'{{{daemon.node},"ü"}}'
        assert daemon.ok('"$it" rpc lists seq "[1,3]"') == "[1,2,3]"
        failed = daemon.sh("\"$it\" rpc '1 = 2.'")
        assert (failed.exit_code, "no match" in failed.stdout) == (1, True)


def test_attach_shows_the_daemons_own_shell_and_remote_one_beside_it(daemon: Hand) -> None:
    typed = "self()" if daemon.elixir else "self()."
    attached = daemon.ok(f"(sleep 1; echo '{typed}'; sleep 2) | \"$it\" attach")
    assert f"({daemon.node})" in attached
    assert "#PID<0." in attached or "<0." in attached
    remote = daemon.ok(f"(sleep 1; echo '{typed}'; sleep 1) | \"$it\" remote")
    assert f"({daemon.node})" in remote
    assert daemon.ok("ls /tmp/.local/state/*/log/*/erlang.log.1")
    assert daemon.ok('"$it" ping') == "pong"


def test_a_daemon_waits_for_the_end_of_the_one_before(daemon: Hand) -> None:
    """run_erl removes its pipes by their names, a moment after its node has gone: here a second."""
    daemon.ok('"$it" stop')
    pipes = f"$(echo /tmp/.local/state/*/pipe)/{daemon.node}"
    ends = f'p="{pipes}"; mkdir -p "$p"; mkfifo "$p/erlang.pipe.1.r"; (sleep 1; rm "$p/erlang.pipe.1.r") &'
    daemon.ok(f'{ends} "$it" daemon; sleep 1')
    typed = "self()" if daemon.elixir else "self()."
    assert f"({daemon.node})" in daemon.ok(f"(sleep 1; echo '{typed}'; sleep 2) | \"$it\" attach")


def test_nodes_side_by_side_find_each_other(daemon: Hand) -> None:
    second = {"RELEASE_NODE": "second", "HTTP_PORT": "8099"}
    daemon.ok('"$it" daemon', **second)
    if daemon.elixir:
        assert daemon.ok('"$it" rpc \':net_adm.ping(:"second@bare") |> IO.inspect()\'') == ":pong"
    else:
        assert daemon.ok('"$it" rpc "net_adm:ping(\'second@bare\')"') == "pong"
    daemon.ok('"$it" restart', **second)
    assert daemon.ok('"$it" ping', **second) == "pong"
    daemon.ok('"$it" stop', **second)
    assert daemon.ok('"$it" ping') == "pong"


# -- without one


def test_eval_has_the_configuration_and_the_arguments_and_no_applications(hand: Hand) -> None:
    if hand.elixir:
        expression = "IO.inspect({System.argv(), Application.fetch_env!(:courier, :http_port), node()})"
        seen = '{["a", "b c", "ü\'\\""], 8123, :nonode@nohost}'
        failed = "\"$it\" eval 'System.halt(3)'", 3
    else:
        expression = "{tl(init:get_plain_arguments()), application:get_env(depot, http_port), node()}"
        application = "undefined"
        seen = f'{{["a","b c","ü\'\\""],{application},nonode@nohost}}'
        failed = "\"$it\" eval '1 = 2'", 1
    line = f"\"$it\" eval '{expression}' a 'b c' \"ü'\\\"\""
    assert hand.ok(line, HTTP_PORT="8123") == seen
    assert hand.sh(failed[0]).exit_code == failed[1]


def test_without_a_name_nobody_can_ask(hand: Hand) -> None:
    hand.ok('"$it" foreground >/tmp/out 2>&1 & echo $! >/tmp/pid; sleep 2', RELEASE_DISTRIBUTION="none")
    asked = hand.sh('"$it" ping', RELEASE_DISTRIBUTION="none")
    assert (asked.exit_code, "RELEASE_DISTRIBUTION=none" in asked.stdout) == (1, True)
    hand.ok("kill -TERM $(cat /tmp/pid); while [ -e /proc/$(cat /tmp/pid)/exe ]; do sleep 0.1; done")


def test_sigterm_ends_what_is_still_being_loaded(hand: Hand) -> None:
    """Erlang alone drops it, and whoever stops it waits until they lose patience, as here after 9 s.

    It does so even here up to its boot script: proc(5) tells whether it catches the signal still.
    """
    for moment in ("0.15", "0.3", "0.45"):
        script = f"""
            "$it" foreground >/tmp/out 2>&1 & pid=$!
            (sleep 9; kill -KILL $pid) >/dev/null 2>&1 & patience=$!
            sleep {moment}
            looks=0
            while [ $looks -lt 100 ] && grep -q '^SigCgt:.*[4567cdef]...$' /proc/$pid/status; do
                looks=$((looks + 1)); sleep 0.01
            done
            kill -TERM $pid; wait $pid; echo code=$?; kill $patience
        """
        told = hand.ok(script, RELEASE_DISTRIBUTION="none").splitlines()
        assert {"code=143", "code=0"} & set(told), f"{moment}: {told}"


def test_a_daemon_that_does_not_start_says_why(hand: Hand) -> None:
    failed = hand.sh('"$it" daemon', RELEASE_SYS_CONFIG="/nonexistent/sys")
    assert failed.exit_code == 1
    assert "/nonexistent/sys" in failed.stdout
    assert f"ERROR: {hand.node} did not start" in failed.stdout
