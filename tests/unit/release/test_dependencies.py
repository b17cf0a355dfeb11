"""Dependencies in the mirror: whole, of one version, and compiled again when they are another."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.release.place import COMPILED, DEPENDENCY, LONG_AGO, Place

pytestmark = pytest.mark.skipif(shutil.which("rsync") is None, reason="rsync is not installed here")


def _texts(folder: Path) -> dict[str, str]:
    """The files below the folder, and the folders."""
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*")}
    return {name: path.read_text("utf-8") if path.is_file() else "" for name, path in found.items()}


@pytest.mark.parametrize("above", ["", "my_build/deps.old/mydeps/lib/"])
@pytest.mark.parametrize("change", ["changes", "comes", "goes", "is linked"])
@pytest.mark.parametrize("tool", ["mix", "rebar3"])
def test_a_fetched_dependency_of_which_a_file_changes_is_to_be_compiled_again(
    tmp_path: Path, tool: str, change: str, above: str
) -> None:
    place = Place(tmp_path, tool, above)
    folder = place.source / above / DEPENDENCY[tool]
    for name in ("stays", "changes", "goes/goes"):
        place.write(f"{folder}/src/{name}", "one")
    (folder / "src/link").symlink_to("stays")
    place.begin()
    made = place.write(f"project/{above}{DEPENDENCY[tool]}/src/made", "")
    one, other = (
        place.write(f"project/{above}{COMPILED[tool].format(name)}", "") for name in ("one", "other")
    )
    place.mirror()
    assert one.exists()
    if change == "goes":
        shutil.rmtree(folder / "src/goes")
    elif change == "is linked":
        (folder / "src/link").unlink()
        (folder / "src/link").symlink_to("changes")
    else:
        place.write(f"{folder}/src/{change}", "two")
    place.mirror()
    assert (one.exists(), made.exists()) == (False, False)
    # mix does not see that it was compiled with the one; rebar3 compiles what includes it by its dates.
    assert other.exists() == (tool == "rebar3")
    assert _texts(made.parent) == _texts(folder / "src")


def test_what_was_compiled_beside_the_project_goes_with_a_dependency_above_it(tmp_path: Path) -> None:
    place = Place(tmp_path, "mix", "apps/own")
    place.write("source/deps/one/src/one", "one")
    place.begin()
    compiled = [
        place.write(f"project/{above}_build/prod/lib/one/ebin/x.beam", "") for above in ("", "apps/own/")
    ]
    place.mirror()
    assert all(beam.exists() for beam in compiled)
    place.write("source/deps/one/src/one", "two")
    place.mirror()
    assert not any(beam.exists() for beam in compiled)


@pytest.mark.parametrize("tool", ["mix", "rebar3"])
def test_a_dependency_goes_with_all_of_it_and_one_that_was_fetched_in_the_mirror_stays(
    tmp_path: Path, tool: str
) -> None:
    place = Place(tmp_path, tool)
    one = DEPENDENCY[tool]
    place.write(f"source/{one}/src/one", "")
    place.begin()
    fetched = place.write(f"project/{one}.fetched/src/fetched", "")
    made = place.write(f"project/{one}/src/made", "")
    shutil.rmtree(place.source / one)
    place.mirror()
    assert fetched.exists()
    assert not made.exists()
    place.write(f"source/{one}/src/one", "")
    place.mirror()
    assert [path.name for path in made.parent.iterdir()] == ["one"]


STAMP = "_build/beamwright.prod"


def _with_dependency(folder: Path, tool: str, inside: str = "") -> tuple[Place, Path, Path, Path]:
    """A place with one dependency, mirrored: it there and here, and the stamp of its fetch."""
    place = Place(folder, tool, inside, still=True)
    one = place.source / inside / DEPENDENCY[tool]
    for name in ("same", "size", "old/old"):
        os.utime(place.write(f"{one}/src/{name}", "one"), LONG_AGO)
    place.begin()
    return place, one, place.project / inside / DEPENDENCY[tool], place.write(f"project/{inside}{STAMP}", "")


@pytest.mark.parametrize("inside", ["", "apps/own [1]/", "deps/own/"])
@pytest.mark.parametrize("tool", ["mix", "rebar3"])
def test_a_dependency_that_was_fetched_in_the_mirror_stays_whole_until_the_source_has_another(
    tmp_path: Path, tool: str, inside: str
) -> None:
    place, one, copy, stamp = _with_dependency(tmp_path, tool, inside)
    compiled = place.write(f"project/{inside}{COMPILED[tool].format('one')}", "")
    fetched = {"same": "two", "size": "longer", "new/new": "two"}
    shutil.rmtree(copy / "src")
    for name, text in fetched.items():
        place.write(f"{copy}/src/{name}", text)
    there = _texts(copy)
    place.write(f"source/{inside}lib/own.ex", "")
    place.mirror()
    assert (place.project / inside / "lib/own.ex").exists()
    assert _texts(copy) == there
    assert stamp.exists() and compiled.exists()
    place.write(f"{one}/src/same", "six")
    place.mirror()
    assert _texts(copy) == _texts(one)
    assert not stamp.exists() and not compiled.exists()


@pytest.mark.parametrize("change", ["comes", "goes", "is gone in the mirror", "is executable", "is linked"])
@pytest.mark.parametrize("tool", ["mix", "rebar3"])
def test_a_dependency_that_is_another_is_asked_for_anew(tmp_path: Path, tool: str, change: str) -> None:
    place, one, copy, stamp = _with_dependency(tmp_path, tool)
    place.mirror()
    assert stamp.exists()
    if change == "comes":
        shutil.copytree(one, one.with_name("other"))
    elif change == "goes":
        shutil.rmtree(one)
    elif change == "is executable":
        (one / "src/same").chmod(0o755)
    elif change == "is linked":
        one.rename(place.source / "elsewhere")
        one.symlink_to("elsewhere")
    else:
        shutil.rmtree(copy)
    place.mirror()
    assert not stamp.exists()
    places = one.parent, copy.parent
    assert _texts(places[0]) == (_texts(places[1]) if places[1].exists() else {})
    assert change != "is executable" or os.access(copy / "src/same", os.X_OK)
    assert copy.is_symlink() == (change == "is linked")


@pytest.mark.parametrize("tool", ["mix", "rebar3"])
def test_a_dependency_that_came_in_part_comes_whole(
    tmp_path: Path, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, one, copy, _ = _with_dependency(tmp_path, tool)
    shutil.rmtree(copy)
    failing = place.write(
        "bin/rsync", f"#!/bin/sh\nmkdir -p {copy}/src\ncp {one}/src/same {copy}/src\nexit 7\n"
    )
    failing.chmod(0o755)
    with monkeypatch.context() as context:
        context.setenv("PATH", f"{failing.parent}:{os.environ['PATH']}")
        with pytest.raises(subprocess.CalledProcessError):
            place.mirror()
    assert _texts(copy) != _texts(one)
    place.mirror()
    assert _texts(copy) == _texts(one)


def test_what_the_user_has_compiled_of_the_project_itself_is_no_dependency(tmp_path: Path) -> None:
    place = Place(tmp_path, "rebar3", still=True)
    place.write("source/src/own.app.src", "")
    used = place.write("source/_build/test/lib/own/test/own_SUITE.erl", "one")
    place.begin()
    stamp = place.write(f"project/{STAMP}", "")
    made = place.write("project/_build/test/lib/own/ebin/own.beam", "")
    for text in ("two", "three"):
        used.write_text(text)
        place.mirror()
    assert stamp.exists() and made.exists()


@pytest.mark.parametrize("tool", ["mix", "rebar3"])
def test_of_a_project_in_a_folder_called_deps_what_has_gone_goes(tmp_path: Path, tool: str) -> None:
    place = Place(tmp_path, tool, "deps/own")
    gone = place.write("source/deps/own/lib/gone.ex", "")
    place.begin()
    made = place.write("project/deps/own/_build/prod/lib/own/ebin/own.beam", "")
    gone.unlink()
    place.mirror()
    assert made.exists()
    assert not (place.project / "deps/own/lib/gone.ex").exists()


@pytest.mark.parametrize("private", ["priv/key", "priv"])
@pytest.mark.parametrize("tool", ["mix", "rebar3"])
def test_a_secret_in_a_dependency_goes_when_it_is_named_and_comes_when_it_is_none(
    tmp_path: Path, tool: str, private: str
) -> None:
    place, one, copy, stamp = _with_dependency(tmp_path, tool)
    place.write(f"{one}/priv/key", "confidential")
    compiled = place.write(f"project/{COMPILED[tool].format('one')}", "confidential")
    place.mirror()
    assert (copy / "priv/key").exists()
    place.mirror(f"{DEPENDENCY[tool]}/{private}")
    assert not (copy / "priv/key").exists() and not compiled.exists()
    assert (copy / "src/same").exists()
    stamp.touch()
    place.mirror(f"{DEPENDENCY[tool]}/{private}")
    assert stamp.exists()
    place.mirror()
    assert (copy / "priv/key").exists()
    assert not stamp.exists()


@pytest.mark.parametrize("secret", ["keys", "key"])
@pytest.mark.parametrize("tool", ["mix", "rebar3"])
def test_a_secret_where_dependencies_are_is_not_waited_for(tmp_path: Path, tool: str, secret: str) -> None:
    place, _, _, stamp = _with_dependency(tmp_path, tool)
    folder = Path(DEPENDENCY[tool]).parent
    place.write(f"source/{folder}/keys/a", "confidential")
    place.write(f"source/{folder}/key", "confidential")
    place.mirror(f"{folder}/{secret}")
    compiled = place.write(f"project/{COMPILED[tool].format('one')}", "code")
    stamp.touch()
    place.mirror(f"{folder}/{secret}")
    assert not (place.project / folder / secret).exists()
    assert compiled.exists() and stamp.exists()


@pytest.mark.parametrize("tool", ["mix", "rebar3"])
def test_a_dependency_whose_own_file_has_the_name_of_a_secret_is_fetched_once(
    tmp_path: Path, tool: str
) -> None:
    place, _, _, stamp = _with_dependency(tmp_path, tool)
    key = f"{DEPENDENCY[tool]}.fetched/priv/a\nkey"
    place.mirror(key)
    fetched = place.write(f"project/{key}", "")
    stamp.touch()
    place.mirror(key)
    assert fetched.exists() and stamp.exists()
