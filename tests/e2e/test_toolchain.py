"""Toolchains that are the user's image or an OTP on this machine, and what goes along with a release."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from beamwright import artifact, resources
from beamwright.command import command
from beamwright.errors import BuildError, ConfigError
from beamwright.toolchain import Engine
from tests.projects import declare, rebar3, write
from tests.unpacked import evaluate, unpack

pytestmark = pytest.mark.docker

RELX = '{relx, [{release, {hello, "1.0.0"}, [hello]}]}.\n'
PROJECT = 'name = "hello"\ntool = "rebar3"'
OTHER_PLACE = "/usr/local/lib/erlang"


@pytest.fixture(scope="module")
def other_image(engine: Engine) -> Iterator[str]:
    """An image whose OTP is where `make install` puts it."""
    script = f"mkdir -p {OTHER_PLACE} && mv /usr/lib/erlang/* {OTHER_PLACE}/ && rm /usr/bin/erl"
    script += f" && sed -i s,/usr/lib/erlang,{OTHER_PLACE},g {OTHER_PLACE}/bin/erl {OTHER_PLACE}/bin/start"
    script += f" && ln -s {OTHER_PLACE}/bin/* /usr/local/bin/"
    base, tag = engine.toolchain(None, (), print), f"beamwright-test:{uuid4()}"
    engine.client.images.build(fileobj=io.BytesIO(f"FROM {base}\nRUN {script}\n".encode()), tag=tag, rm=True)
    yield tag
    engine.client.images.remove(tag, force=True)


@pytest.fixture
def sudo_image(engine: Engine) -> Iterator[str]:
    """An image in which anyone may be root: with an `id` that says who it is then."""
    tag = f"beamwright-test:{uuid4()}"
    lines = f"FROM {engine.toolchain(None, (), print)}\nRUN install -m 4755 /usr/bin/id /usr/bin/sudo-id\n"
    engine.client.images.build(fileobj=io.BytesIO(lines.encode()), tag=tag, rm=True)
    yield tag
    engine.client.images.remove(tag, force=True)


@pytest.fixture(scope="module")
def otp(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of an OTP on this machine."""
    folder = tmp_path_factory.mktemp("otp")
    container = engine.client.containers.create(engine.toolchain(None, (), print), "true")
    try:
        stream, _ = container.get_archive("/usr/lib/erlang")
        with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as archive:
            archive.extraction_filter = lambda member, path: member
            archive.extractall(folder)
    finally:
        container.remove(force=True)
    return folder / "erlang"


def test_who_compiles_becomes_root_by_no_program_of_the_image(engine: Engine, sudo_image: str) -> None:
    asked = command("sudo-id", "-u")
    with engine.box(sudo_image, (), "1000:1000", network=False) as box:
        assert [box.run(asked, root=root).stdout for root in (False, True)] == ["1000", "0"]


FOREIGN = """\
HOME=/opt/own rebar3 local install >/dev/null
export PATH=/opt/own/.cache/rebar3/bin:$PATH
mkdir -p /home/.cache/rebar3/bin
printf '#!/bin/sh\\nexit 9\\n' >/home/.cache/rebar3/bin/rebar3
chmod +x /home/.cache/rebar3/bin/rebar3
"""


@pytest.mark.parametrize(
    ("size", "before"), [("300k", "set -eu"), ("9m", FOREIGN)], ids=["full disk", "of another image"]
)
def test_a_copy_of_rebar3_that_is_not_whole_or_not_its_own_is_not_used(
    engine: Engine, tmp_path: Path, size: str, before: str
) -> None:
    write(tmp_path / "hello", rebar3("hello", RELX))
    shell = f"{before}\nsh /compile/rebar3.sh prod hello /release/hello; ls /release"
    printed = engine.client.containers.run(
        engine.toolchain(None, (), print),
        ["sh", "-c", shell],
        remove=True,
        environment={"HOME": "/home"},
        working_dir="/project",
        network_mode="none",
        tmpfs={"/home": f"size={size},exec", "/release": ""},
        volumes=[f"{resources.find('images/compile')}:/compile:ro", f"{tmp_path / 'hello'}:/project"],
    )
    assert printed.decode().splitlines()[-1] == "hello"


def build(engine: Engine, folder: Path, more: str = "", **files: str) -> Path:
    """The unpacked tree of a small Erlang application."""
    write(folder, {**rebar3("hello", RELX), **files})
    report = artifact.build(declare(folder, PROJECT, more), engine, folder / "dist", ("tarball",), print)
    unpack(artifact.read(report.folder).tarball, folder / "unpacked")
    return folder / "unpacked"


def test_an_image_with_its_otp_elsewhere_and_a_library_of_its_packages(
    engine: Engine, other_image: str, tmp_path: Path
) -> None:
    more = f'[toolchain]\nimage = "{other_image}"\npackages = ["libsodium-dev"]'
    c = "int sodium_init(void); int start(void) { return sodium_init(); }"
    hook = '{pre_hooks, [{compile, "sh build.sh"}]}.\n'
    script = "mkdir -p priv && cc -shared -fPIC -o priv/salt.so salt.c -lsodium"
    tree = build(engine, tmp_path, more, **{"rebar.config": hook + RELX, "salt.c": c, "build.sh": script})
    assert list(tree.rglob("libsodium.so.*"))
    assert evaluate(engine, tree, "io:format(hello:name())") == "hello"


def test_an_otp_on_this_machine(engine: Engine, otp: Path, tmp_path: Path) -> None:
    mark = "this is the OTP on this machine"
    kernel = next(otp.glob("lib/kernel-*"))
    write(kernel, {"priv/mark": mark})
    tree = build(engine, tmp_path, f'[toolchain]\notp = "{otp}"')
    assert next(tree.glob("app/lib/kernel-*/priv/mark")).read_text() == mark
    assert evaluate(engine, tree, "io:format(hello:name())") == "hello"


def test_an_otp_that_does_not_run_in_the_toolchain(engine: Engine, otp: Path, tmp_path: Path) -> None:
    other = tmp_path / "otp"
    write(other, {"bin/erl": '#!/bin/sh\nROOTDIR="/opt/otp"\nexit 1\n', "releases/27/OTP_VERSION": "27.9"})
    (other / "bin/erl").chmod(0o755)
    with pytest.raises(BuildError, match=r"toolchain.otp: .* does not run in the toolchain"):
        build(engine, tmp_path / "hello", f'[toolchain]\notp = "{other}"')
    assert list((tmp_path / "hello/dist").iterdir()) == []


def test_a_shell_and_files_of_the_project_go_along(engine: Engine, tmp_path: Path) -> None:
    files = {"ops/ca.pem": "a certificate", "ops/deep/list.txt": "a list", "zone": "Europe"}
    more = '[artifact]\nshell = "busybox"\ninclude = ["ops", "zone"]'
    tree = build(engine, tmp_path, more, **files)
    assert {name: (tree / "app" / name).read_text() for name in files} == files
    assert (tree / "bin/sh").readlink() == Path("busybox")
    expression = 'io:format("~s", [os:cmd("echo $((6 * 7)); ls /app/ops | wc -l")])'
    assert evaluate(engine, tree, f'{expression}, io:nl(), io:format(os:cmd("cat /app/zone"))') == "Europe"
    assert evaluate(engine, tree, 'io:format("~w", [os:cmd("echo $((6 * 7))")])') == "[52,50,10]"
    manifest = json.loads(next(tmp_path.glob("dist/*/manifest.json")).read_text())
    assert "app/ops/deep/list.txt" in {path for path, *_ in manifest["files"]}


def test_no_file_of_the_release_is_overwritten(engine: Engine, tmp_path: Path) -> None:
    overlay = RELX.replace("[hello]}", '[hello]}, {overlay, [{copy, "ops/ca.pem", "ops/ca.pem"}]}')
    write(tmp_path, {"ops/ca.pem": "mine"})
    with pytest.raises(BuildError, match=r"the release has a file app/ops/ca.pem already"):
        build(engine, tmp_path, '[artifact]\ninclude = ["ops"]', **{"rebar.config": overlay})


def test_without_an_otp_there(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"toolchain.otp: there is no bin/erl in /nowhere"):
        build(engine, tmp_path, '[toolchain]\notp = "/nowhere"')
