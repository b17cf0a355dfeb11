"""Builds for real: what is in the artifacts, that they run where there is no Erlang, and how builds fail."""

from __future__ import annotations

import contextlib
import json
import shutil
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import pytest
from docker.errors import APIError
from docker.models.containers import Container

from beamwright import artifact, fleet
from beamwright.artifact import Artifact
from beamwright.artifact.package import package
from beamwright.command import command
from beamwright.errors import BeamwrightError, BuildError, ConfigError
from beamwright.fleet.model import Budget, Fleet
from beamwright.local.image import host_image
from beamwright.release import elf, prove
from beamwright.release.digest import of_file
from beamwright.release.workshop import Workshop
from beamwright.toolchain import Engine, here
from beamwright.toolchain.box import Box
from beamwright.toolchain.container import WRITES
from tests import projects
from tests.projects import rebar3, write
from tests.unpacked import unpack

pytestmark = pytest.mark.docker

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running(container: Container) -> Iterator[Container]:
    """The container, started; removed at the end."""
    try:
        container.start()
        yield container
    finally:
        container.remove(force=True, v=True)


def ask(container: Container, path: str, seconds: float = 30) -> str:
    """What the application in the container answers to GET `path`, as soon as it does."""
    container.reload()
    address = next(iter(container.attrs["NetworkSettings"]["Networks"].values()))["IPAddress"]
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"http://{address}:8080{path}", timeout=5) as answer:
                return str(answer.read().decode())
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > deadline:
                raise AssertionError(container.logs().decode()) from None
            time.sleep(0.2)


def stop(container: Container) -> int:
    """Its exit code after SIGTERM; it has ten seconds."""
    container.kill("SIGTERM")
    return int(container.wait(timeout=10)["StatusCode"])


# -- what is in them


def test_both_artifacts_hold_what_the_manifest_lists(built: Artifact) -> None:
    wanted = {entry.path: (entry.mode, entry.size) for entry in built.manifest().entries}
    with tarfile.open(built.tarball) as archive:
        assert {member.name: _described(member) for member in archive} == wanted
    assert built.docker is not None
    with tarfile.open(built.docker) as image:
        found: dict[str, tuple[str, int]] = {}
        for name in json.load(_member(image, "manifest.json"))[0]["Layers"]:
            with tarfile.open(fileobj=_member(image, name)) as archive:
                found |= {member.name: _described(member) for member in archive}
    assert found == wanted


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    found = archive.extractfile(name)
    assert found is not None
    return found


def _described(member: tarfile.TarInfo) -> tuple[str, int]:
    return f"{member.mode:04o}", member.size


def test_nothing_is_shipped_that_a_running_node_does_not_use(built: Artifact) -> None:
    paths = [Path(entry.path) for entry in built.manifest().entries]
    assert not {"sh", "bash", "busybox", "COOKIE", "epmd", "erlc", "include", "src"} & {p.name for p in paths}
    assert not {".erl", ".ex", ".hrl", ".c", ".h", ".o", ".a", ".md"} & {p.suffix for p in paths}
    folders = {part for path in paths for part in path.parts}
    assert not {"test", "tests", "doc", "docs", "man", "examples"} & folders


def test_unpacked_it_is_under_36_megabytes(built: Artifact) -> None:
    assert built.manifest().unpacked_bytes < 36_000_000


def test_the_report_adds_up(built: Artifact) -> None:
    report = json.loads((built.folder / "report.json").read_text())
    unpacked = built.manifest().unpacked_bytes
    assert {each["kind"]: each["unpacked_bytes"] for each in report["artifacts"]} == {
        "tarball": unpacked,
        "oci": unpacked,
        "docker": unpacked,
    }
    assert sum(layer["unpacked_bytes"] for layer in report["layers"]) == unpacked
    assert report["artifacts"][0]["digest"] == f"sha256:{of_file(built.tarball)}"
    phases = {
        "toolchain",
        "compile",
        "assemble",
        "closure",
        "packages",
        "prove",
        "package",
        "describe",
        "seal",
    }
    assert set(report["seconds"]) == phases


def test_it_is_signed_for_this_fleet(built: Artifact) -> None:
    declared = fleet.load(built.folder.parents[1] / "fleet.toml")
    assert artifact.demand(here.run, declared, built) == built.name
    manifest = built.manifest()
    assert manifest.environment == "production"
    assert 0 <= time.time() - manifest.counter < 24 * 3600


# -- that they run


def test_the_image_answers_and_stops_cleanly(engine: Engine, built: Artifact) -> None:
    assert built.docker is not None
    with built.docker.open("rb") as archive:
        (image,) = engine.client.images.load(archive)
    try:
        with running(engine.client.containers.create(image, labels={"beamwright": "test"})) as container:
            assert "ok" in ask(container, "/healthz")
            assert json.loads(ask(container, "/version"))["vsn"] == built.version
            assert stop(container) == 0
    finally:
        # Another run of the tests, side by side, may be using the same image.
        with contextlib.suppress(APIError):
            engine.client.images.remove(str(image.id), force=True)


def test_the_tarball_runs_by_hand_on_an_older_debian_without_erlang(
    engine: Engine, built: Artifact, tmp_path: Path
) -> None:
    unpack(built.tarball, tmp_path)
    tmp_path.chmod(0o755)
    container = engine.client.containers.create(
        host_image(engine.client, ROOT, print),
        entrypoint=[f"/somewhere/else/bin/{built.name}", "foreground"],
        labels={"beamwright": "test"},
        volumes=[f"{tmp_path}:/somewhere/else:ro"],
    )
    with running(container):
        box = Box(engine.client, lambda: container, "65534:65534")
        assert not box.run(command("sh", "-c", "command -v erl || command -v beam.smp")).ok
        assert "ok" in ask(container, "/healthz")
        version = box.run(command(f"/somewhere/else/bin/{built.name}", "version"))
        assert version.stdout == f"{built.name} {built.version}"
        assert stop(container) == 0


# -- how they are made


def test_a_build_over_its_budget_tells_what_is_big_and_leaves_the_last_one(
    engine: Engine, built_depot: Artifact
) -> None:
    declared = fleet.load(built_depot.folder.parents[1] / "fleet.toml")
    declared = replace(declared, budget=Budget(20_000_000, (), ()))
    before = {path: path.stat().st_mtime_ns for path in built_depot.folder.parent.rglob("*")}
    with pytest.raises(BuildError, match="over its budget: unpacked") as caught:
        artifact.build(declared, engine, built_depot.folder.parent, ("tarball",), print)
    assert "biggest  stdlib" in caught.value.detail
    assert {path: path.stat().st_mtime_ns for path in built_depot.folder.parent.rglob("*")} == before


GROWN = """\
mkdir -p "$3"
head -c 3000000 /dev/zero >"$3/file" || { head -c 1500000 /dev/zero >"$3/file"; exit 1; }
"""


@pytest.mark.parametrize(("tool", "code"), [(GROWN, 0), ("exit 9\n", 9)])
def test_only_a_release_that_has_grown_out_of_the_memory_is_assembled_on_the_disk(
    engine: Engine, tmp_path: Path, tool: str, code: int
) -> None:
    scripts, kept = shutil.copytree(ROOT / "images/compile", tmp_path / "scripts"), tmp_path / "kept"
    (scripts / "tool.sh").write_text(f"set -eu\n{tool}")
    (kept / "hello").mkdir(parents=True)
    (kept / "hello/gone").write_text("the last release had it")
    for folder in (kept, kept / "hello"):
        folder.chmod(0o777)
    build = "sh /compile/build.sh 1000:1000 tool prod hello /project own rsync -a /sealed/source/ /project"
    shell = f"{build}; echo $?; wc -c </release/hello/file || :"
    printed = engine.client.containers.run(
        engine.toolchain(None, (), print),
        ["sh", "-c", shell],
        remove=True,
        stderr=False,
        tmpfs={
            "/release": "size=2m,mode=1777",
            "/project": "mode=1777",
            "/sealed/source": "",
            "/sealed/mirror": "",
        },
        volumes=[f"{scripts}:/compile:ro", f"{kept}:/kept"],
    )
    assert printed.decode().splitlines()[-2:] == (["0", "3000000"] if code == 0 else ["9"])
    assert [path.name for path in (kept / "hello").iterdir()] == (["file"] if code == 0 else ["gone"])


def test_the_proof_finds_a_library_missing_that_only_a_nif_opens(
    engine: Engine, built_courier: Artifact, tmp_path: Path
) -> None:
    workshop = Workshop(tmp_path / "source", tmp_path, tmp_path)
    unpack(built_courier.tarball, workshop.tree)
    next(workshop.tree.glob("app/lib/crypto-*/priv/lib/crypto_callback.so")).unlink()
    emulator = elf.read(next(workshop.tree.glob("app/erts-*/bin/beam.smp")))
    assert emulator is not None and emulator.loader is not None
    with pytest.raises(BuildError) as caught:
        prove.prove(engine, workshop, (emulator.loader, "crypto", "lists"))
    assert "crypto" in caught.value.detail


MIX = """\
if System.cmd("id", ["-u"]) == {"0\\n", 0}, do: raise("root compiles")
defmodule Hello.MixProject do
  use Mix.Project
  def project, do: [app: :hello, version: "0.1.0"]
end
"""


@pytest.mark.parametrize(
    ("release", "code", "kind", "told"),
    [
        ("hello", "defmodule Hello do def x(, 1) end", BuildError, "Compilation error in file lib/hello.ex"),
        (
            "other",
            "defmodule Hello do end",
            ConfigError,
            "release other is not in the project, which has hello",
        ),
    ],
    ids=["syntax error", "another release"],
)
def test_a_build_that_fails_says_why_and_leaves_nothing_behind(
    engine: Engine,
    declare: Callable[[Path, str, Path, str], Fleet],
    tmp_path: Path,
    release: str,
    code: str,
    kind: type[BeamwrightError],
    told: str,
) -> None:
    source = tmp_path / "hello"
    (source / "lib").mkdir(parents=True)
    (source / "mix.exs").write_text(MIX)
    (source / "lib/hello.ex").write_text(code)
    said = list[str]()
    with pytest.raises(kind) as caught:
        artifact.build(
            declare(tmp_path, release, source, "mix"), engine, tmp_path / "dist", artifact.KINDS, said.append
        )
    assert [told in line for line in (*said, caught.value.message, caught.value.detail)].count(True) == 1
    assert list((tmp_path / "dist").iterdir()) == []
    assert _containers(engine, tmp_path) == []


def test_the_box_goes_while_the_tree_is_packed(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, rebar3("hello", '{relx, [{release, {hello, "0.1.0"}, [hello]}]}.'))
    declared = projects.declare(tmp_path, 'name = "hello"\ntool = "rebar3"')
    stayed: list[list[str]] = []

    def pack(*given: Any) -> Any:
        for _ in range(100):
            if not (left := _containers(engine, tmp_path / ".beamwright/cache/hello/home")):
                break
            time.sleep(0.1)
        stayed.append(left)
        return package(*given)

    monkeypatch.setattr("beamwright.artifact.make.package", pack)
    artifact.build(declared, engine, tmp_path / "dist", ("tarball",), print)
    assert stayed == [[]]


def _containers(engine: Engine, folder: Path) -> list[str]:
    """Those that a build may write to the folder with."""
    builds = engine.client.containers.list(all=True, ignore_removed=True, filters={"label": WRITES})
    return [str(each.id) for each in builds if str(folder) in each.labels[WRITES]]
