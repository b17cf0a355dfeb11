"""Compiling: what is mirrored, and how failures are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from beamwright.command import Result, command
from beamwright.errors import BeamwrightError, BuildError, ConfigError
from beamwright.fleet.model import Project
from beamwright.release.compile import check, compiler, demand


def ended(exit_code: int, printed: str) -> Result:
    """How a build tool ended."""
    return Result(command("sh"), exit_code, printed)


def project(source: Path, tool: str = "mix") -> Project:
    return Project("courier", source, tool, "courier", "prod", source)


@pytest.mark.parametrize(("tool", "file"), [("mix", "mix.exs"), ("rebar3", "rebar.config")])
def test_a_source_without_a_project_is_a_configuration_error(tmp_path: Path, tool: str, file: str) -> None:
    with pytest.raises(ConfigError, match=file):
        check(project(tmp_path, tool))
    (tmp_path / file).write_text("")
    check(project(tmp_path, tool))


def test_root_mirrors_the_source_and_the_builder_compiles_it(tmp_path: Path) -> None:
    ran = compiler(project(tmp_path), "1000:1000", ("keys",))
    assert str(ran).startswith(
        "sh /compile/build.sh 1000:1000 mix prod courier /project '' /project/keys rsync "
    )
    assert ran.env == (("HOME", "/home"),)
    demand(project(tmp_path), ended(0, ""))


@pytest.mark.parametrize("exit_code", [1, 3, 4, 5, 6])
def test_what_the_compiler_printed_as_it_ran_is_not_told_again(tmp_path: Path, exit_code: int) -> None:
    with pytest.raises(BeamwrightError) as caught:
        demand(project(tmp_path), ended(exit_code, "lib/a.ex:1: oops\ncourier"))
    told = caught.value
    assert (told.detail, "oops" in told.message + told.hint, bool(told.hint)) == ("", False, True)


@pytest.mark.parametrize(
    ("exit_code", "told"),
    [
        (3, "a dependency of the project can't be had"),
        (5, "the source /courier can't be read"),
        (6, "the release courier can't be written to the build's cache"),
    ],
)
def test_what_the_scripts_find_out_is_told_by_their_exit_code(exit_code: int, told: str) -> None:
    with pytest.raises(BuildError) as caught:
        demand(project(Path("/courier")), ended(exit_code, "warning: a\ndepot shop"))
    assert caught.value.message == told


@pytest.mark.parametrize(("name", "hint"), [("courier", "it is project.name"), ("depot", "project.release")])
def test_a_release_that_the_project_does_not_have_is_a_configuration_error(name: str, hint: str) -> None:
    with pytest.raises(
        ConfigError, match="the release courier is not in the project, which has depot, shop"
    ) as told:
        demand(replace(project(Path("/courier")), name=name), ended(4, "warning: a\ndepot shop"))
    assert hint in told.value.hint
    assert ("project.name" in told.value.hint) == (name == "courier")
