"""SshTarget against a real SSH server in this process."""

from __future__ import annotations

import hashlib
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import paramiko
import pytest

from beamwright.command import Command, Secret, command
from beamwright.errors import ConfigError, NoAnswerError, UnreachableError
from beamwright.transport import Dialer, KnownHosts, Route, SshTarget
from tests.unit.transport.sshd import Sshd

Connect = Callable[..., SshTarget]


def sh(script: str) -> Command:
    return command("sh", "-c", script)


def test_output_error_and_exit_code(connect: Connect) -> None:
    result = connect().run(sh("echo out; echo err >&2; exit 3"))
    assert (result.exit_code, result.stdout, result.stderr) == (3, "out\n", "err\n")


def test_words_arrive_as_they_are(connect: Connect) -> None:
    words = ("a b", "$(reboot)", "'", '"', "*", "", "ü", "a\nb")
    assert connect().run(command("printf", "%s|", *words)).stdout == "|".join(words) + "|"


def test_environment_and_secret(connect: Connect) -> None:
    said = connect().run(command("sh", "-c", 'printf "$A $1"', "sh", Secret("s3cret"), A="x y"))
    assert said.stdout == "x y s3cret"
    assert "s3cret" not in str(said.command)


def test_one_connection_is_kept(connect: Connect, sshd: Sshd) -> None:
    target = connect()
    for _ in range(3):
        target.run(command("true"))
    assert len(sshd.connections) == 1


def test_two_at_once_share_the_connection(connect: Connect, sshd: Sshd) -> None:
    target = connect()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: target.open(), range(2)))
    assert len(sshd.connections) == 1


def test_small_packets_do_not_wait_for_each_other(connect: Connect) -> None:
    sock = connect().open().get_transport().sock
    assert isinstance(sock, socket.socket)
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_both_streams_are_drained_at_once(connect: Connect) -> None:
    script = "head -c 3000000 /dev/zero | tee /dev/stderr"
    result = connect().run(sh(script))
    assert (len(result.stdout), len(result.stderr)) == (3_000_000, 3_000_000)


@pytest.mark.parametrize("streamed", [False, True])
def test_twenty_megabytes_go_in(connect: Connect, streamed: bool) -> None:
    raw = bytes(range(256)) * 80_000
    begun = time.monotonic()
    if streamed:
        result = connect().run(command("sha256sum"), stdin=io.BytesIO(raw))
    else:
        result = connect().run(command("sha256sum", stdin=raw))
    assert result.stdout.split()[0] == hashlib.sha256(raw).hexdigest()
    assert time.monotonic() - begun < 15


def test_a_command_that_does_not_read_its_input_ends(connect: Connect) -> None:
    assert connect().run(command("true", stdin=b"x" * 10_000_000), timeout=20).ok


def test_lines_come_one_by_one(connect: Connect) -> None:
    lines: list[str] = []
    result = connect().run(sh("printf 'one\\ntw'; sleep 0.1; printf 'o\\nthree'"), on_line=lines.append)
    assert lines == ["one", "two", "three"]
    assert result.stdout == "one\ntwo\nthree"


def test_bad_bytes_are_replaced(connect: Connect) -> None:
    assert connect().run(sh("printf '\\377'")).stdout == "\ufffd"


def test_time_is_limited(connect: Connect) -> None:
    begun = time.monotonic()
    with pytest.raises(UnreachableError, match=r"ams1: no end after 0\.5 s: sleep 60"):
        connect().run(command("sleep", "60"), timeout=0.5)
    assert time.monotonic() - begun < 5


def test_a_lost_connection_is_told_and_the_next_command_connects_anew(connect: Connect, sshd: Sshd) -> None:
    target = connect()
    assert target.run(command("true")).ok
    threading.Timer(0.3, sshd.cut).start()
    with pytest.raises(UnreachableError, match="the connection was lost during: sleep 60"):
        target.run(command("sleep", "60"), timeout=20)
    assert target.run(command("echo", "back")).stdout == "back\n"


@pytest.fixture
def port() -> Iterator[int]:
    """A port of which somebody has taken hold, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield silent.getsockname()[1]


def test_through_another_machine_whose_key_is_checked_too(
    connect: Connect, start: Callable[[], Sshd], sshd: Sshd, tmp_path: Path
) -> None:
    bastion = start()
    target = connect(through=bastion)
    assert target.run(command("echo", "there")).stdout == "there\n"
    assert (bastion.forwarded, len(sshd.connections)) == ([sshd.port], 1)
    lines = (tmp_path / "known_hosts").read_text().splitlines(keepends=True)
    (tmp_path / "known_hosts").write_text("".join(line for line in lines if str(bastion.port) not in line))
    with pytest.raises(
        UnreachableError, match=rf"ams1, jump host 127.0.0.1: the key of .*{bastion.port} is unknown"
    ):
        connect(through=bastion).run(command("true"))


def test_hosts_behind_a_machine_share_the_connection_to_it(
    start: Callable[[], Sshd], sshd: Sshd, tmp_path: Path
) -> None:
    bastion, keys = start(), (tmp_path / "key",)
    jump = Route("127.0.0.1", bastion.port, "guest", keys, only_keys=True)
    dialer = Dialer(KnownHosts(tmp_path / "known_hosts"), 20.0)
    route = Route("127.0.0.1", sshd.port, "deploy", keys, only_keys=True, jump=jump)
    targets = [SshTarget(f"ams{number}", route, dialer) for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        assert all(result.ok for result in pool.map(lambda target: target.run(command("true")), targets))
    assert (len(bastion.connections), len(sshd.connections)) == (1, 20)
    dialer.close()


def test_a_machine_in_between_that_is_down_is_waited_for_once(port: int, sshd: Sshd, tmp_path: Path) -> None:
    jump = Route("127.0.0.1", port, "guest")
    dialer = Dialer(KnownHosts(tmp_path / "known_hosts"), 2.0)
    begun = time.monotonic()
    for number in range(20):
        with pytest.raises(
            NoAnswerError, match=f"no connection to root@h port 22 through guest@127.0.0.1 port {port}"
        ):
            SshTarget(f"ams{number}", Route("h", jump=jump), dialer).run(command("true"))
    assert time.monotonic() - begun < 20  # and not 40


def test_nobody_listens(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        free = closed.getsockname()[1]
    with pytest.raises(UnreachableError, match=f"ams1: no connection to deploy@127.0.0.1 port {free}"):
        connect(free).run(command("true"))


def test_a_server_that_says_nothing_is_not_waited_for(connect: Connect, port: int) -> None:
    begun = time.monotonic()
    with pytest.raises(UnreachableError, match="no connection"):
        connect(port, 0.5).run(command("true"))
    assert time.monotonic() - begun < 5


def test_an_unknown_host_key_is_refused_and_shown(connect: Connect, sshd: Sshd, tmp_path: Path) -> None:
    (tmp_path / "known_hosts").write_text("")
    with pytest.raises(UnreachableError, match="is unknown") as caught:
        connect().run(command("true"))
    assert sshd.host_key.fingerprint in caught.value.message
    assert f"ssh-keyscan -t ecdsa -p {sshd.port} 127.0.0.1 >> {tmp_path / 'known_hosts'}" in caught.value.hint


def test_a_missing_known_hosts_file_knows_nobody(connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "known_hosts").unlink()
    with pytest.raises(UnreachableError, match="is unknown"):
        connect().run(command("true"))


def test_a_changed_host_key_is_refused(connect: Connect, sshd: Sshd, tmp_path: Path) -> None:
    other = paramiko.ECDSAKey.generate()
    line = f"[127.0.0.1]:{sshd.port} {other.get_name()} {other.get_base64()}\n"
    (tmp_path / "known_hosts").write_text(line)
    with pytest.raises(UnreachableError, match="has CHANGED") as caught:
        connect().run(command("true"))
    assert caught.value.exit_code == 4


def test_the_key_of_another_port_is_unknown_here(connect: Connect, sshd: Sshd, tmp_path: Path) -> None:
    text = (tmp_path / "known_hosts").read_text()
    (tmp_path / "known_hosts").write_text(text.replace(str(sshd.port), "2"))
    with pytest.raises(UnreachableError, match="is unknown"):
        connect().run(command("true"))


def test_the_user_s_key_is_not_let_in(connect: Connect, tmp_path: Path) -> None:
    paramiko.ECDSAKey.generate().write_private_key_file(str(tmp_path / "key"))
    with pytest.raises(UnreachableError, match="deploy may not log in with the key"):
        connect().run(command("true"))


def test_a_key_file_that_is_not_there(connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "key").unlink()
    with pytest.raises(ConfigError, match="there is no"):
        connect().run(command("true"))


def test_a_key_file_that_is_none(connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hello")
    with pytest.raises(ConfigError, match="is no private key"):
        connect().run(command("true"))


def test_a_key_file_with_a_passphrase(connect: Connect, tmp_path: Path) -> None:
    paramiko.ECDSAKey.generate().write_private_key_file(str(tmp_path / "key"), password="secret")
    with pytest.raises(ConfigError, match="has a passphrase"):
        connect().run(command("true"))


def test_paramiko_says_nothing_itself(
    connect: Connect, sshd: Sshd, capfd: pytest.CaptureFixture[str]
) -> None:
    target = connect()
    target.run(command("true"))
    sshd.cut()
    time.sleep(0.2)
    assert capfd.readouterr() == ("", "")
