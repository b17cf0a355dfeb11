"""The applications that are measured: copied, changed, and the Dockerfiles of their peers."""

from __future__ import annotations

from pathlib import Path

import pytest

from beamwright import fleet
from benchmarks.harness.apps import APPS, App, change
from benchmarks.harness.dockerfile import multi_stage
from benchmarks.harness.project import MODULES, grown

NAMES = [app.name for app in APPS]


@pytest.mark.parametrize("app", APPS, ids=NAMES)
def test_a_copy_can_be_built_and_changed(app: App, tmp_path: Path) -> None:
    source = app.copy(tmp_path)
    declared = fleet.load(tmp_path / "fleet.toml")
    assert (declared.project.name, declared.project.source) == (app.name, source)
    texts = [(source / app.module).read_text()]
    for number in (0, 1):
        app.change(source, number)
        texts.append((source / app.module).read_text())
    assert len(set(texts)) == 3
    assert texts[2] == texts[1].replace("bench_run, do: 0", "bench_run, do: 1").replace(
        "() -> 0.", "() -> 1."
    )


def test_a_change_is_code_that_others_can_call() -> None:
    assert change("defmodule A do\nend\n", "mix", 7) == "defmodule A do\n  def bench_run, do: 7\nend\n"
    erlang = change("-module(a).\n-export([b/0]).\nb() -> ok.\n", "rebar3", 7)
    assert erlang.startswith("-module(a).\n-export([bench_run/0]).\n")
    assert erlang.endswith("bench_run() -> 7.\n")


def test_the_generated_project(tmp_path: Path) -> None:
    app = grown(tmp_path / "grown")
    modules = list((app.source / "lib/accounts").iterdir())
    assert len(modules) == MODULES
    assert "{{" not in modules[0].read_text()
    assert app.copy(tmp_path / "copy").joinpath(app.module).is_file()


@pytest.mark.parametrize("app", APPS, ids=NAMES)
def test_a_dockerfile_copies_what_is_there(app: App) -> None:
    text = multi_stage(app, app.source, "builder", "runner")
    for line in text.splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            *names, _ = line.removeprefix("COPY ").split()
            assert all((app.source / name).exists() for name in names), line


def test_dependencies_are_in_a_layer_of_their_own() -> None:
    courier = next(app for app in APPS if app.name == "courier")
    lines = multi_stage(courier, courier.source, "builder", "runner").splitlines()
    steps = (
        "COPY mix.exs ./",
        "RUN mix deps.compile",
        "COPY lib lib",
        "RUN mix compile",
        "RUN mix release courier",
    )
    places = [lines.index(step) for step in steps]
    assert places == sorted(places)
