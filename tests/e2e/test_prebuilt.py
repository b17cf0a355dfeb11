"""Releases that somebody else's CI made: with ERTS and without, as tarball and as folder."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from beamwright import artifact
from beamwright.artifact import Artifact
from beamwright.command import command
from beamwright.errors import BuildError
from beamwright.toolchain import Engine
from tests.projects import declare
from tests.unpacked import evaluate, unpack

pytestmark = pytest.mark.docker

HELLO = Path(__file__).resolve().parents[1] / "hello"
BUILDER = 1000
EXPAT = re.compile(r"expat_2\.\d+\.\d+ back")


@pytest.fixture(scope="session")
def ci(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What CI leaves: hello.tar.gz with ERTS, and the folder `bare` without it and without OTP."""
    folder = tmp_path_factory.mktemp("ci")
    shutil.copytree(HELLO, folder, dirs_exist_ok=True)
    folder.chmod(0o777)
    image = engine.toolchain(None, (), print)
    with engine.box(image, ((folder, "/project", True),), f"{BUILDER}:{BUILDER}", network=False) as box:
        for words in ("as prod tar", "as bare release --output-dir /project/made"):
            made = box.run(command("rebar3", *words.split(), HOME="/tmp"), folder="/project")
            assert made.ok, made.stdout
    (tarball,) = folder.glob("_build/prod/rel/hello/*.tar.gz")
    tarball.rename(folder / "hello.tar.gz")
    (folder / "made/hello").rename(folder / "bare")
    return folder


@pytest.fixture
def build(engine: Engine, tmp_path: Path) -> Callable[[Path], Artifact]:
    """Builds the tarball of a prebuilt release."""

    def build_it(source: Path) -> Artifact:
        declared = declare(tmp_path, f'name = "hello"\ntool = "prebuilt"\nsource = "{source}"')
        report = artifact.build(declared, engine, tmp_path / "dist", ("tarball",), print)
        return artifact.read(report.folder)

    return build_it


@pytest.mark.parametrize("source", ["hello.tar.gz", "bare"])
def test_its_nif_and_its_program_run_on_the_tree_alone(
    engine: Engine, ci: Path, build: Callable[[Path], Artifact], tmp_path: Path, source: str
) -> None:
    built = build(ci / source)
    assert "libexpat.so.1" in {Path(entry.path).name for entry in built.manifest().entries}
    unpack(built.tarball, tmp_path / "tree")
    expression = 'io:format("~s ~s", [hello:version(), hello:echo(<<"back">>)])'
    assert EXPAT.fullmatch(evaluate(engine, tmp_path / "tree", expression))


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("releases/start_erl.data", "15.", "16.", "it needs ERTS 16."),
        ("releases/start_erl.data", "15.", "14.", "it runs on ERTS 14."),
        ("releases/1.0.0/hello.rel", "{stdlib,", "{stdlibs,", "does not hold it; the toolchain has none"),
        ("releases/1.0.0/hello.rel", '{sasl,"', '{sasl,"0.', "the toolchain has sasl-"),
    ],
    ids=["newer ERTS", "older ERTS", "unknown application", "other version"],
)
def test_a_release_for_another_otp_is_told_apart(
    ci: Path, build: Callable[[Path], Artifact], tmp_path: Path, file: str, old: str, new: str, told: str
) -> None:
    shutil.copytree(ci / "bare", tmp_path / "other")
    text = (tmp_path / "other" / file).read_text("utf-8")
    assert old in text
    (tmp_path / "other" / file).write_text(text.replace(old, new), "utf-8")
    with pytest.raises(BuildError, match="hello does not fit the toolchain's OTP") as caught:
        build(tmp_path / "other")
    assert told in caught.value.detail
    assert list((tmp_path / "dist").iterdir()) == []
