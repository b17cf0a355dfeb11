"""Builds that can't end well: one clear error, and nothing is left of them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.errors import NotFound

from beamwright import artifact
from beamwright.command import command
from beamwright.errors import BuildError
from beamwright.toolchain import Engine
from tests.projects import declare, mix, rebar3, write

pytestmark = pytest.mark.docker

ROOT = Path(__file__).resolve().parents[2]
HOOK = '{pre_hooks, [{compile, "sh build.sh"}]}.\n'
RELX = '{relx, [{release, {hello, "1.0.0"}, [hello]}%s]}.\n'
SHARED = "mkdir -p priv\necho 'int a;' | cc -shared -x c -o %s -\n"
COMPILED = HOOK + RELX % ""
REBAR3 = {
    "a library that is nowhere": (
        {
            **rebar3("hello", COMPILED),
            "build.sh": SHARED % "/tmp/libnowhere.so"
            + "cc -shared -Wl,--no-as-needed -o priv/salt.so -L/tmp -lnowhere",
        },
        "app/lib/hello-1.0.0/priv/salt.so needs libnowhere.so, which the toolchain does not have",
    ),
    "a library for another machine": (
        {
            **rebar3("hello", COMPILED),
            "build.sh": SHARED % "priv/arm.so"
            + "printf '\\267' | dd of=priv/arm.so bs=1 seek=18 conv=notrunc 2>/dev/null",
        },
        "app/lib/hello-1.0.0/priv/arm.so is for arm64, the VM for amd64",
    ),
    "a cookie": (
        {**rebar3("hello", RELX % ', {overlay, [{copy, "a", "etc/COOKIE"}]}'), "a": "secret"},
        "app/etc/COOKIE is an Erlang cookie",
    ),
    "a template for a start script": (
        {**rebar3("hello", RELX % ', {sys_config_src, "sys.src"}'), "sys.src": "[]."},
        "sys.config.src is filled in by relx's start script",
    ),
    "a dependency that is not to be had": (
        rebar3("hello", '{deps, [{gone, {git, "file:///gone.git", {branch, "main"}}}]}.' + RELX % ""),
        "a dependency of the project can't be had",
    ),
}
MIX = {
    "a package without a network": (
        mix("hello", deps='{:gone, "~> 1.0"}'),
        "a dependency of the project can't be had",
    ),
}


def left_of(engine: Engine, folder: Path) -> list[str]:
    """The containers that see something of the folder, once those that are going have gone."""
    for _ in range(50):
        if not (found := containers(engine, folder)):
            break
        time.sleep(0.1)
    return found


def containers(engine: Engine, folder: Path) -> list[str]:
    """The containers that see something of the folder."""
    found = []
    for each in engine.client.containers.list(all=True, ignore_removed=True):
        with contextlib.suppress(NotFound):
            each.reload()
            if any(mount.get("Source", "").startswith(str(folder)) for mount in each.attrs["Mounts"]):
                found.append(str(each.id))
    return found


@pytest.mark.parametrize(
    ("tool", "files", "told"),
    [
        *(("rebar3", files, told) for files, told in REBAR3.values()),
        *(("mix", files, told) for files, told in MIX.values()),
    ],
    ids=[*REBAR3, *MIX],
)
def test_it_is_told_and_nothing_is_left(
    engine: Engine, tmp_path: Path, tool: str, files: dict[str, str], told: str
) -> None:
    write(tmp_path, files)
    declared = declare(tmp_path, f'name = "hello"\ntool = "{tool}"', "[toolchain]\nnetwork = false")
    with pytest.raises(BuildError) as caught:
        artifact.build(declared, engine, tmp_path / "dist", ("tarball",), print)
    assert caught.value.message.startswith(told)
    assert caught.value.hint
    assert list((tmp_path / "dist").iterdir()) == []
    assert left_of(engine, tmp_path) == []


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of its own at the folder."""
    folder.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "small", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("place", ["dist", ".beamwright"])
def test_a_full_disk_is_named(engine: Engine, tmp_path: Path, place: str) -> None:
    write(tmp_path, rebar3("hello", RELX % ""))
    declared = declare(tmp_path, 'name = "hello"\ntool = "rebar3"')
    with small_disk(tmp_path / place, "9m"):
        with pytest.raises(BuildError, match="no space left on the disk") as caught:
            artifact.build(declared, engine, tmp_path / "dist", ("tarball",), print)
        assert str(tmp_path / place) in caught.value.message
        assert list((tmp_path / "dist").iterdir()) == []
        assert left_of(engine, tmp_path) == []


MOMENTS = (0.1, 0.4, 0.8, 1.3, 1.9, 2.6)
"""Seconds: of a build that takes about four, from the start of the program to the artifacts."""
BEGUN = "import beamwright.__main__ as program; print('begun', flush=True); program.main()"
"""Before that Python alone is at work, and what a signal does then is Python's."""


def test_whatever_ends_a_build_at_any_moment_leaves_nothing(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, rebar3("hello", RELX % ""))
    declare(tmp_path, 'name = "hello"\ntool = "rebar3"')
    build = [sys.executable, "-c", BEGUN, "build", "--fleet", str(tmp_path / "fleet.toml")]
    codes = []
    for number, seconds in enumerate(MOMENTS):
        ending = (signal.SIGINT, signal.SIGTERM)[number % 2]
        codes.append(_ended(build, ending, seconds))
        assert codes[-1] in (0, 128 + ending), seconds
        assert [path.name for path in tmp_path.glob("dist/.build-*")] == []
        assert left_of(engine, tmp_path) == []
    assert 0 in codes or set(codes) == {130, 143}
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    assert [path.name for path in tmp_path.glob("dist/*/")] == ["hello-1.0.0"]


HANGS = """\
-module(hangs).
-on_load(wait/0).
wait() -> timer:sleep(infinity).
"""


def test_ctrl_c_ends_a_proof_that_would_never_end(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, {**rebar3("hello", RELX % ""), "src/hangs.erl": HANGS})
    declare(tmp_path, 'name = "hello"\ntool = "rebar3"')
    build = [sys.executable, "-m", "beamwright", "build", "--fleet", str(tmp_path / "fleet.toml")]
    started = subprocess.Popen(build, cwd=ROOT, stderr=subprocess.PIPE, preexec_fn=_hears)
    claim = tmp_path / ".beamwright/cache/hello/claim/words"
    while not claim.exists():
        assert started.poll() is None
        time.sleep(0.1)
    time.sleep(1)
    started.send_signal(signal.SIGINT)
    _, printed = started.communicate(timeout=30)
    assert started.returncode == 130, printed.decode()
    assert left_of(engine, tmp_path) == []


def test_a_proof_that_would_never_end_is_ended_and_names_the_module(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("vm", "prove"):
        monkeypatch.setattr(f"beamwright.release.{module}.SECONDS", 8)
    write(tmp_path, {**rebar3("hello", RELX % ""), "src/hangs.erl": HANGS})
    declared = declare(tmp_path, 'name = "hello"\ntool = "rebar3"')
    with pytest.raises(BuildError, match="has not ended within 8 seconds") as caught:
        artifact.build(declared, engine, tmp_path / "dist", ("tarball",), print)
    assert caught.value.detail == "loading hangs"
    assert left_of(engine, tmp_path) == []


def test_a_damaged_build_of_before_is_told_while_the_compiler_runs(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, {**rebar3("hello", COMPILED), "build.sh": "sleep 600\n"})
    declared = declare(tmp_path, 'name = "hello"\ntool = "rebar3"')
    write(tmp_path / "dist/hello-0.9.0", {"manifest.json": "{"})
    with pytest.raises(BuildError, match=r"dist/hello-0\.9\.0/manifest\.json: this is no manifest"):
        artifact.build(declared, engine, tmp_path / "dist", ("tarball",), print)
    assert left_of(engine, tmp_path) == []


def test_a_folder_that_is_to_be_mounted_and_is_not_there_is_refused(engine: Engine, tmp_path: Path) -> None:
    mounts = ((tmp_path / "nowhere", "/x", False),)
    image = engine.toolchain(None, (), print)
    with pytest.raises(BuildError), engine.box(image, mounts, "1000:1000", network=False) as box:
        box.ready()
    assert not (tmp_path / "nowhere").exists()


SPEAKS = 'echo one; echo two >&2; echo; printf "%s" "$HOME"; exit 7'


def test_a_box_runs_the_program_that_it_was_begun_with_and_then_others(engine: Engine) -> None:
    image, told = engine.toolchain(None, (), print), list[str]()
    first = command("sh", "-c", SPEAKS, HOME="/somewhere")
    with engine.box(image, (), "1000:1000", network=False, first=first) as box:
        ended = box.first(told.append)
        assert (ended.exit_code, ended.stdout) == (7, "one\ntwo\n\n/somewhere")
        assert told == ["one", "two", "", "/somewhere"]
        other = box.run(command("sh", "-c", "id -u; pwd; echo $HOME"))
        assert other.stdout.splitlines()[:2] == ["1000", "/"] and "/somewhere" not in other.stdout
        box.end()


def test_a_box_that_goes_before_its_program_has_ended_is_told(engine: Engine) -> None:
    image = engine.toolchain(None, (), print)
    first = command("sh", "-c", 'echo begun; kill -9 "$PPID"')
    with (
        pytest.raises(BuildError, match="the Docker Engine failed"),
        engine.box(image, (), "1000:1000", network=False, first=first) as box,
    ):
        box.first(print)


def test_what_a_killed_build_left_behind_goes_with_the_next_one(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, rebar3("hello", RELX % ""))
    declare(tmp_path, 'name = "hello"\ntool = "rebar3"')
    build = [sys.executable, "-m", "beamwright", "build", "--fleet", str(tmp_path / "fleet.toml")]
    killed = subprocess.Popen(build, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    with killed:
        while not containers(engine, tmp_path):
            assert killed.poll() is None
        killed.kill()
    assert list(tmp_path.glob("dist/.build-*"))
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    assert list(tmp_path.glob("dist/.build-*")) == []
    assert left_of(engine, tmp_path) == []


def _ended(words: list[str], ending: signal.Signals, seconds: float) -> int:
    """The exit code of a program that is sent a signal after it has begun, however its parent handles it."""
    started = subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=_hears
    )
    assert started.stdout
    assert started.stdout.readline() == b"begun\n"
    time.sleep(seconds)
    started.send_signal(ending)
    _, printed = started.communicate(timeout=60)
    assert b"Traceback" not in printed, printed.decode()
    # As a shell tells it, also when it has not come to hear of the signal.
    return started.returncode if started.returncode >= 0 else 128 - started.returncode


def _hears() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setsid()
