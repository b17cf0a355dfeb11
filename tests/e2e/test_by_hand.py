"""The tarball by hand, as nobody, in a root that holds busybox and no libc at all; the tree is read-only."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from beamwright.artifact import Artifact
from beamwright.command import Result, command
from beamwright.toolchain import Engine
from beamwright.toolchain.box import Box
from tests.unpacked import unpack

pytestmark = pytest.mark.docker

FOLDER = '/opt/it\'s a "söme" $folder'
NOBODY = "65534:65534"


@dataclass(frozen=True)
class Hand:
    """A host with one unpacked release, and somebody who types."""

    box: Box
    name: str
    node: str

    def sh(self, line: str, **env: str) -> Result:
        """Runs a line of shell; $it is the release's script."""
        env = {"HOME": "/tmp", "it": f"{FOLDER}/bin/{self.name}", **env}
        return self.box.run(
            command("env", *(f"{key}={value}" for key, value in env.items()), "sh", "-c", line)
        )

    def ok(self, line: str, **env: str) -> str:
        """The same, for lines that succeed: what was printed."""
        done = self.sh(line, **env)
        assert done.ok, done.stdout
        return done.stdout


@pytest.fixture(scope="module")
def bare(engine: Engine) -> Iterator[str]:
    """An image of busybox, its links, and empty folders."""
    busybox = shutil.which("busybox")
    if busybox is None or subprocess.run(["ldd", busybox], capture_output=True, check=False).returncode == 0:
        pytest.skip("no static busybox is installed here: `script/setup` installs it")
    applets = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(busybox, "bin/busybox")
        for applet in applets:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            if applet != "busybox":
                archive.addfile(link)
        for folder in ("tmp", "dev", "proc"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777
            archive.addfile(entry)
    image = engine.client.api.import_image_from_data(packed.getvalue())
    digest = image.partition('"status":"')[2].partition('"')[0]
    yield digest
    engine.client.images.remove(digest, force=True)


@pytest.fixture(params=["courier", "depot"], scope="module")
def hand(
    request: pytest.FixtureRequest, engine: Engine, bare: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hand]:
    """Each of the two examples, unpacked in a folder whose name is as bad as names get."""
    built: Artifact = request.getfixturevalue(f"built_{request.param}")
    folder = tmp_path_factory.mktemp("tree")
    unpack(built.tarball, folder)
    folder.chmod(0o755)
    container = engine.client.containers.create(
        bare,
        ["sleep", "1000"],
        hostname="bare",
        init=True,
        labels={"beamwright": "test"},
        volumes=[f"{folder}:{FOLDER}:ro"],
        network_mode="none",
    )
    try:
        container.start()
        yield Hand(Box(engine.client, container, NOBODY), built.name, f"{built.name}@bare")
    finally:
        container.remove(force=True, v=True)


@pytest.fixture
def daemon(hand: Hand) -> Iterator[Hand]:
    """The release, running."""
    hand.ok('"$it" daemon')
    yield hand
    hand.ok('"$it" stop')


def elixir(hand: Hand) -> bool:
    """Whether expressions are Elixir's."""
    return hand.name == "courier"


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
    assert daemon.sh(f"[ -e /proc/{pid} ]").exit_code == 1
    for question in ("pid", "ping", "stop", "rpc 1", "remote", "restart"):
        gone = daemon.sh(f'"$it" {question}')
        assert (gone.exit_code, gone.stdout) == (1, f"ERROR: {daemon.node} is not running")
    # For whoever stops it after this test.
    daemon.ok('"$it" daemon')


def test_rpc_prints_what_the_field_prints_and_fails_as_it_does(daemon: Hand) -> None:
    if elixir(daemon):
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
    typed = "self()" if elixir(daemon) else "self()."
    attached = daemon.ok(f"(sleep 1; echo '{typed}'; sleep 2) | \"$it\" attach")
    assert f"({daemon.node})" in attached
    assert "#PID<0." in attached or "<0." in attached
    remote = daemon.ok(f"(sleep 1; echo '{typed}'; sleep 1) | \"$it\" remote")
    assert f"({daemon.node})" in remote
    assert daemon.ok("ls /tmp/.local/state/*/log/*/erlang.log.1")
    assert daemon.ok('"$it" ping') == "pong"


def test_nodes_side_by_side_find_each_other(daemon: Hand) -> None:
    second = {"RELEASE_NODE": "second", "HTTP_PORT": "8099"}
    daemon.ok('"$it" daemon', **second)
    if elixir(daemon):
        assert daemon.ok('"$it" rpc \':net_adm.ping(:"second@bare") |> IO.inspect()\'') == ":pong"
    else:
        assert daemon.ok('"$it" rpc "net_adm:ping(\'second@bare\')"') == "pong"
    daemon.ok('"$it" restart', **second)
    assert daemon.ok('"$it" ping', **second) == "pong"
    daemon.ok('"$it" stop', **second)
    assert daemon.ok('"$it" ping') == "pong"


# -- without one


def test_eval_has_the_configuration_and_the_arguments_and_no_applications(hand: Hand) -> None:
    if elixir(hand):
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


def test_a_daemon_that_does_not_start_says_why(hand: Hand) -> None:
    failed = hand.sh('"$it" daemon', RELEASE_SYS_CONFIG="/nonexistent/sys")
    assert failed.exit_code == 1
    assert "/nonexistent/sys" in failed.stdout
    assert f"ERROR: {hand.node} did not start" in failed.stdout
