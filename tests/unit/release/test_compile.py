"""Compiling: what is mirrored, and how failures are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from beamwright.command import Command, Result
from beamwright.errors import BuildError, ConfigError
from beamwright.fleet.model import Project
from beamwright.release.compile import check, compile_release
from beamwright.release.engine import Log


class Compiler:
    """A box whose build tool ends with an exit code and prints a text."""

    image = "sha256:compiler"

    def __init__(self, exit_code: int, printed: str) -> None:
        self._answer = (exit_code, printed)
        self.ran: list[str] = []

    def ready(self) -> None:
        pass

    def run(
        self, command: Command, *, folder: str = "/", root: bool = False, log: Log | None = None
    ) -> Result:
        self.ran.append(f"{'root' if root else 'builder'}: {command}")
        return Result(command, *(self._answer if command.argv[0] == "sh" else (0, "")))


def project(source: Path, tool: str = "mix") -> Project:
    return Project("courier", source, tool, "courier", "prod", source)


@pytest.mark.parametrize(("tool", "file"), [("mix", "mix.exs"), ("rebar3", "rebar.config")])
def test_a_source_without_a_project_is_a_configuration_error(tmp_path: Path, tool: str, file: str) -> None:
    with pytest.raises(ConfigError, match=file):
        check(project(tmp_path, tool))
    (tmp_path / file).write_text("")
    check(project(tmp_path, tool))


def test_root_mirrors_the_source_and_the_builder_compiles_it(tmp_path: Path) -> None:
    box = Compiler(0, "")
    compile_release(box, project(tmp_path), "1000:1000", (), lambda line: None)
    (ran,) = box.ran
    assert ran.startswith("root: sh /compile/build.sh 1000:1000 mix prod courier /project rsync ")


def test_a_compile_error_is_shown_as_the_compiler_printed_it(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        compile_release(Compiler(1, "lib/a.ex:1: oops"), project(tmp_path), "1:1", (), lambda line: None)
    assert caught.value.detail == "lib/a.ex:1: oops"


@pytest.mark.parametrize(
    ("exit_code", "told"),
    [
        (3, "a dependency of the project can't be had"),
        (4, "the release courier is not in the project, which has depot, shop"),
        (5, "the source /courier can't be read"),
        (6, "the release courier can't be written to the build's cache"),
    ],
)
def test_what_the_scripts_find_out_is_told_by_their_exit_code(exit_code: int, told: str) -> None:
    with pytest.raises(BuildError) as caught:
        box = Compiler(exit_code, "warning: a\ndepot shop")
        compile_release(box, project(Path("/courier")), "1:1", (), lambda line: None)
    assert caught.value.message == told
    assert caught.value.hint or caught.value.detail
