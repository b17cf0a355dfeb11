"""What of a build begins before anybody asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import cast

import pytest

from beamwright.command import Command, Result
from beamwright.errors import BuildError
from beamwright.fleet import load
from beamwright.release.clock import Clock
from beamwright.release.engine import Engine, Log
from beamwright.release.toolbox import open_toolbox
from beamwright.release.workshop import Workshop


class Boxes:
    """An Engine whose box fails at whatever it is told; `began` when something was."""

    image = "sha256:1"

    def __init__(self) -> None:
        self.began = Event()
        self.gone = False
        self._first: Command | None = None

    def toolchain(self, *_: object) -> str:
        return "toolchain:1"

    @contextmanager
    def box(self, *_: object, first: Command | None, **__: object) -> Iterator[Boxes]:
        self._first = first
        yield self
        self.gone = True

    def ready(self) -> None:
        pass

    def first(self, log: Log) -> Result:
        assert self._first
        ended = self.run(self._first)
        log(ended.stdout)
        return ended

    def run(self, command: Command, **_: object) -> Result:
        self.began.set()
        return Result(command, 1, "no such tool")


def opened(folder: Path, tool: str) -> tuple[bool, BuildError, Boxes]:
    """Whether it began to make the release before somebody asked for it, and how that ended."""
    (folder / "fleet.toml").write_text(
        f'[project]\nname = "shop"\nsource = "release"\ntool = "{tool}"\n[clusters.ams.hosts.ams1]\n'
    )
    for each in ("release/bin", "scratch", "cache"):
        (folder / each).mkdir(parents=True)
    boxes, workshop = Boxes(), Workshop(folder / "release", folder / "cache", folder / "scratch")
    given = load(folder / "fleet.toml"), cast(Engine, boxes), workshop, folder / "dist", Clock(), print
    with open_toolbox(*given) as tools:
        began = boxes.began.wait(10 if tool == "rebar3" else 0.2)
        with pytest.raises(BuildError) as caught:
            tools.release()
    return began, caught.value, boxes


def test_the_compiler_begins_at_once_and_is_told_of_when_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    began, error, boxes = opened(tmp_path, "rebar3")
    assert began and boxes.gone
    assert (error.message, error.detail) == ("rebar3 could not build the release shop", "")
    assert capsys.readouterr().out == "no such tool\n"


def test_what_is_only_unpacked_is_not_begun_where_ctrl_c_does_not_reach(tmp_path: Path) -> None:
    began, _, boxes = opened(tmp_path, "prebuilt")
    assert not began and boxes.gone
