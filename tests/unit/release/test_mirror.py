"""What of a source the build tool gets to see, by rsync itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from beamwright.fleet.model import Project
from beamwright.release.mirror import mirror

pytestmark = pytest.mark.skipif(shutil.which("rsync") is None, reason="rsync is not installed here")

SOURCE = (
    "mix.exs",
    "src/own.app.src",
    "dist/own.tar.gz",
    "secrets/cookie",
    "deps/jason/mix.exs",
    "_build/prod/lib/own/ebin/own.beam",
    "_build/default/lib/own/src/own.erl",
    "_build/default/lib/cowboy/src/cowboy.erl",
    "_build/default/lib/cowboy/ebin/cowboy.beam",
    "_build/default/lib/.rebar3/state",
    "_build/default/plugins/pc/src/pc.erl",
    "_build/default/rel/own/bin/own",
)
KEPT = ("deps/fetched/mix.exs", "_build/default/lib/fetched/src/f.erl", "gone.ex")
"""What the mirror holds before: fetched by the build tool there, or no longer in the source."""


def mirrored(
    folder: Path,
    tool: str,
    source: tuple[str, ...] = SOURCE,
    excluded: tuple[str, ...] = ("dist", "secrets"),
    inside: str = "",
) -> set[str]:
    """The files of the mirror after the context, with the source inside, was mirrored onto it."""
    for name in source:
        _write(folder / "source" / inside / name)
    for name in KEPT:
        _write(folder / "project" / inside / name)
    project = Project("own", folder / "source" / inside, tool, "own", "prod", folder / "source")
    words = mirror(project, f"{os.getuid()}:{os.getgid()}", excluded).argv_clear()
    places = {"/sealed/source/": f"{folder}/source/", "/project/": f"{folder}/project/"}
    subprocess.run([places.get(word, word) for word in words], check=True)
    root = folder / "project"
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def _write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")


def test_mix_gets_the_dependencies_that_the_user_fetched_and_keeps_its_own(tmp_path: Path) -> None:
    assert mirrored(tmp_path, "mix") == {
        *("mix.exs", "src/own.app.src", "deps/jason/mix.exs"),
        *("deps/fetched/mix.exs", "_build/default/lib/fetched/src/f.erl"),
    }


@pytest.mark.parametrize("tool", ["mix", "rebar3"])
def test_a_source_inside_of_a_context_is_treated_as_one_alone(tmp_path: Path, tool: str) -> None:
    alone = mirrored(tmp_path / "alone", tool)
    _write(tmp_path / "mono/source/libs/one/mix.exs")
    _write(tmp_path / "mono/source/libs/one/_build/dev/lib/one/ebin/one.beam")
    excluded = ("apps/own [1]/dist", "apps/own [1]/secrets")
    inside = mirrored(tmp_path / "mono", tool, excluded=excluded, inside="apps/own [1]")
    assert inside == {f"apps/own [1]/{name}" for name in alone} | {"libs/one/mix.exs"}


@pytest.mark.parametrize("tool", ["mix", "rebar3"])
def test_no_cache_of_any_fleet_is_mirrored(tmp_path: Path, tool: str) -> None:
    caches = ("b/.beamwright/cache/own/project/mix.exs", ".beamwright/cache/keys")
    assert mirrored(tmp_path / "alone", tool, ("mix.exs", *caches)) & set(caches) == set()
    _write(tmp_path / "mono/source/b/.beamwright/cache/own/project/mix.exs")
    assert not any(".beamwright" in name for name in mirrored(tmp_path / "mono", tool, inside="a"))


@pytest.mark.parametrize("tool", ["mix", "rebar3"])
def test_only_a_build_folder_is_left_out_for_its_name(tmp_path: Path, tool: str) -> None:
    asset = "priv/static/_build/app.js"
    assert asset in mirrored(tmp_path / "alone", tool, (*SOURCE, asset))
    for name in (
        asset,
        "_build/dev/lib/one/ebin/one.beam",
        "libs/one/rebar.config",
        "libs/one/_build/x.beam",
    ):
        _write(tmp_path / "mono/source" / name)
    inside = mirrored(tmp_path / "mono", tool, (*SOURCE, asset), inside="apps/own")
    assert {asset, f"apps/own/{asset}", "libs/one/rebar.config"} <= inside
    assert not {"_build/dev/lib/one/ebin/one.beam", "libs/one/_build/x.beam"} & inside


def test_dependencies_fetched_for_a_child_of_an_umbrella_stay(tmp_path: Path) -> None:
    for name in (
        "deps/jason/mix.exs",
        "apps/deps/plug/mix.exs",
        "libs/deps/gone/mix.exs",
        "_build/prod/own.beam",
    ):
        _write(tmp_path / "project" / name)
    inside = mirrored(tmp_path, "mix", inside="apps/own")
    assert {"deps/jason/mix.exs", "apps/deps/plug/mix.exs", "_build/prod/own.beam"} <= inside
    assert "libs/deps/gone/mix.exs" not in inside


def test_rebar3_gets_the_sources_of_what_the_user_fetched_and_keeps_its_own(tmp_path: Path) -> None:
    assert mirrored(tmp_path, "rebar3") == {
        *("mix.exs", "src/own.app.src", "deps/jason/mix.exs"),
        "_build/default/lib/cowboy/src/cowboy.erl",
        "_build/default/plugins/pc/src/pc.erl",
        "_build/default/lib/fetched/src/f.erl",
    }


@pytest.mark.parametrize(
    ("private", "project"),
    [
        ("secrets [prod]", "secrets p"),
        ("s*", "stays"),
        ("what?", "whats"),
        ("a\\b", "ab"),
        ("a\\[b", "a[b"),
        ("#keys ", "#keys"),
    ],
)
def test_a_private_folder_is_left_out_whatever_its_name_and_nothing_else(
    tmp_path: Path, private: str, project: str
) -> None:
    found = mirrored(tmp_path, "mix", (f"{private}/cookie", f"{project}/own.ex"), (private,))
    assert {name for name in found if not name.endswith(KEPT)} == {f"{project}/own.ex"}
