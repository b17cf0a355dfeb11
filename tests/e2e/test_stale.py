"""A source that has changed is compiled, though neither its size nor its time says so."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from beamwright import artifact
from beamwright.toolchain import Engine
from tests.projects import below, declare, git, mix, rebar3, repository, write

pytestmark = pytest.mark.docker

ELIXIR = "defmodule {} do\n  def name, do: :first\nend\n"
SOURCES: dict[str, dict[str, str]] = {
    "rebar3": {
        **rebar3(
            "shop",
            '{deps, [checked]}.\n{relx, [{release, {shop, "1.0.0"}, [shop]}]}.\n',
            "kernel, stdlib, checked",
        ),
        **below("_checkouts/checked", rebar3("checked")),
        "include/name.hrl": "-define(NAME, first).\n",
        "src/shop.erl": "-module(shop).\n-export([name/0]).\nname() -> first.\n",
        "src/heads.erl": '-module(heads).\n-include("name.hrl").\n-export([name/0]).\nname() -> ?NAME.\n',
        "_checkouts/checked/src/checked.erl": "-module(checked).\n-export([name/0]).\nname() -> first.\n",
    },
    "mix": {
        **mix("shop", deps='{:pathed, path: "vendor/pathed"}, {:packed, "~> 1.0"}'),
        **below("vendor/pathed", mix("pathed")),
        **below("deps/packed", mix("packed")),
        "config/config.exs": "import Config\nconfig :shop, name: :first\n",
        "include/name.hrl": "-define(NAME, first).\n",
        "src/heads.erl": '-module(heads).\n-include("name.hrl").\n-export([name/0]).\nname() -> ?NAME.\n',
        "lib/shop.ex": ELIXIR.format("Shop"),
        "lib/configured.ex": "defmodule Configured do\n  @name Application.compile_env(:shop, :name)\n"
        "  def name, do: @name\nend\n",
        "vendor/pathed/lib/pathed.ex": ELIXIR.format("Pathed"),
        "deps/packed/lib/packed.ex": ELIXIR.format("Packed"),
    },
}
COMPILED = {
    "rebar3": {"shop", "heads", "checked"},
    "mix": {"heads", "Elixir.Shop", "Elixir.Configured", "Elixir.Pathed", "Elixir.Packed"},
}


@pytest.mark.parametrize("tool", ["rebar3", "mix"])
def test_a_change_that_no_time_tells_of_is_built(engine: Engine, tmp_path: Path, tool: str) -> None:
    source, files = tmp_path / "shop", SOURCES[tool]
    project = f'name = "shop"\ntool = "{tool}"\nsource = "{source}"'
    declared = declare(tmp_path, project, "[toolchain]\nnetwork = false")

    def saying(word: str) -> set[str]:
        """Builds the source with this word in it: the modules of the tree that have it."""
        _write(source, {path: text.replace("first", word) for path, text in files.items()})
        artifact.build(declared, engine, tmp_path / "dist", ("tarball",), print)
        beams = (tmp_path / ".beamwright/cache/shop/tree").rglob("*.beam")
        return {path.stem for path in beams if word.encode() in path.read_bytes()}

    assert saying("first") >= COMPILED[tool]
    assert saying("later") >= COMPILED[tool]


FETCHED: dict[str, tuple[str, dict[str, str]]] = {
    "rebar3": (
        "_build/default/lib/packed",
        {
            **rebar3(
                "shop",
                '{deps, [packed]}.\n{relx, [{release, {shop, "1.0.0"}, [shop]}]}.\n',
                "kernel, stdlib, packed",
            ),
            **below("_build/default/lib/packed", rebar3("packed")),
            "rebar.lock": '{"1.2.0",[{<<"packed">>,{pkg,<<"packed">>,<<"1.0.0">>},0}]}.\n',
        },
    ),
    "mix": (
        "deps/packed",
        {**mix("shop", deps='{:packed, "~> 1.0"}'), **below("deps/packed", mix("packed"))},
    ),
}
MODULE = "-module({0}).\n-export([name/0]).\nname() -> {1}.\n"


@pytest.mark.parametrize("tool", ["rebar3", "mix"])
def test_of_a_dependency_that_lost_and_gained_modules_none_is_built_but_its_own(
    engine: Engine, tmp_path: Path, tool: str
) -> None:
    place, files = FETCHED[tool]
    source = write(tmp_path / "shop", files)
    project = f'name = "shop"\ntool = "{tool}"\nsource = "{source}"'
    declared = declare(tmp_path, project, "[toolchain]\nnetwork = false")

    def modules() -> set[str]:
        """Those of this dependency in a build."""
        artifact.build(declared, engine, tmp_path / "dist", ("tarball",), print)
        beams = (tmp_path / ".beamwright/cache/shop/tree/app/lib").glob("packed-*/ebin/own_*.beam")
        return {path.stem for path in beams}

    old, new = (source / place / f"src/own_{name}.erl" for name in ("old", "new"))
    write(old.parent, {old.name: MODULE.format("own_old", "one")})
    assert modules() == {"own_old"}
    write(new.parent, {new.name: MODULE.format("own_new", "one")})
    assert modules() == {"own_old", "own_new"}
    old.unlink()
    assert modules() == {"own_new"}


@pytest.mark.parametrize("tool", ["rebar3", "mix"])
def test_the_sources_in_a_folder_that_a_link_leads_to_are_built_when_it_leads_elsewhere(
    engine: Engine, tmp_path: Path, tool: str
) -> None:
    relx = '{relx, [{release, {shop, "1.0.0"}, [shop]}]}.\n'
    compiled = mix("shop", 'erlc_paths: ["src/codec"],') if tool == "mix" else rebar3("shop", relx)
    source = tmp_path / "shop"
    _write(
        source,
        {**compiled, **{f"v/{each}/codec.erl": MODULE.format("codec", each) for each in ("one", "two")}},
    )
    (source / "src").mkdir(exist_ok=True)
    link = source / "src/codec"
    project = f'name = "shop"\ntool = "{tool}"\nsource = "{source}"'
    declared = declare(tmp_path, project, "[toolchain]\nnetwork = false")
    for name in ("one", "two"):
        link.unlink(missing_ok=True)
        link.symlink_to(f"../v/{name}")
        artifact.build(declared, engine, tmp_path / "dist", ("tarball",), print)
        (beam,) = (tmp_path / ".beamwright/cache/shop/tree").rglob("codec.beam")
        assert name.encode() in beam.read_bytes()


LOCKED = {
    "rebar3": '{{"1.2.0",[{{<<"one">>,{{git,"file:///project/one.git",{{ref,"{}"}}}},0}}]}}.\n',
    "mix": '%{{\n  "one": {{:git, "file:///project/one.git", "{}", [branch: "main"]}},\n}}\n',
}
DEPENDENT = {
    "rebar3": rebar3(
        "shop",
        '{deps, [{one, {git, "file:///project/one.git", {branch, "main"}}}]}.\n'
        '{relx, [{release, {shop, "1.0.0"}, [shop]}]}.\n',
        "kernel, stdlib, one",
    ),
    "mix": mix("shop", deps='{:one, git: "file:///project/one.git", branch: "main"}'),
}


@pytest.mark.parametrize("tool", ["rebar3", "mix"])
def test_a_dependency_is_the_locked_one_and_whole_whatever_the_source_holds(
    engine: Engine, tmp_path: Path, tool: str
) -> None:
    source = write(tmp_path / "shop", DEPENDENT[tool])
    # Of both kinds: a file that keeps its size in the next version, and one that does not.
    versions = [
        (rebar3 if tool == "rebar3" else mix)("one")
        | {
            "src/own_same.erl": MODULE.format("own_same", word),
            f"src/own_{word}.erl": MODULE.format(f"own_{word}", word),
            "priv/own_size": word * times,
        }
        for times, word in enumerate(("first", "later", "third"), 1)
    ]
    first, later, third = repository(source / "one.git", *versions)
    fetched = source / ("_build/default/lib/one" if tool == "rebar3" else "deps/one")
    git(source, "clone", "-q", "one.git", str(fetched))
    git(fetched, "remote", "set-url", "origin", "file:///project/one.git")
    git(fetched, "checkout", "-q", first)
    write(source, {"rebar.lock" if tool == "rebar3" else "mix.lock": LOCKED[tool].format(later)})
    project = f'name = "shop"\ntool = "{tool}"\nsource = "{source}"'
    declared = declare(tmp_path, project, "[toolchain]\nnetwork = false")

    def built(change: str) -> list[str]:
        """The word in each of the dependency's files, after a build with another module of the project."""
        write(source, {"src/changed.erl": MODULE.format("changed", change)})
        artifact.build(declared, engine, tmp_path / "dist", ("tarball",), print)
        (library,) = (tmp_path / ".beamwright/cache/shop/tree/app/lib").glob("one-*")
        files = library.rglob("own_*")
        return [word for file in files for word in re.findall("first|later|third", _text(file))]

    time.sleep(2.1)  # until the files are known to have been still for a while
    assert set(built("one")) == {"later"}
    assert set(built("two")) == {"later"}
    # Another one in the source has no say either.
    git(fetched, "checkout", "-q", third)
    assert set(built("three")) == {"later"}


def _text(file: Path) -> str:
    return file.read_bytes().decode("latin-1")


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """The files, all of the same age."""
    write(folder, files)
    for name in files:
        os.utime(folder / name, (10**9, 10**9))
