"""What the mirror holds after a change that rsync can't see, by images/compile/mirror.sh itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from beamwright import resources
from beamwright.fleet.model import Project
from beamwright.release.mirror import arguments

pytestmark = pytest.mark.skipif(shutil.which("rsync") is None, reason="rsync is not installed here")

LONG_AGO = (10**9, 10**9)


@dataclass(frozen=True)
class Place:
    """A folder with source/ and project/, the mirror of it, of the build tool `tool`; it runs in `inside`.

    What has just changed in the source is `still`, as if that were two seconds ago.
    """

    folder: Path
    tool: str = "mix"
    inside: str = ""
    still: bool = False

    @property
    def source(self) -> Path:
        """The source."""
        return self.folder / "source"

    @property
    def project(self) -> Path:
        """The mirror."""
        return self.folder / "project"

    @property
    def known(self) -> Path:
        """What is known of it."""
        return self.folder / "known"

    def write(self, path: str, text: str) -> Path:
        """A file, in folders that are made."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    def mirror(self, *excluded: str, apart: bool = False) -> None:
        """Makes the mirror equal to the source without these paths in it; `apart` it may be killed."""
        for folder in (self.project, self.known):
            folder.mkdir(exist_ok=True)
        project = Project("own", self.source / self.inside, self.tool, "own", "prod", self.source)
        for name in ("mirror.sh", "drop.sh", "dependency.sh"):
            text = (resources.find("images/compile") / name).read_text("utf-8")
            if self.still:
                text = text.replace("2 seconds ago", "now")
            (self.folder / name).write_text(self._here(text), "utf-8")
        said = arguments(project, f"{os.getuid()}:{os.getgid()}", excluded)
        words = "sh", "/compile/mirror.sh", self.tool, f"/project/{self.inside}".rstrip("/"), *said
        subprocess.run([self._here(word) for word in words], check=not apart, start_new_session=apart)

    def begin(self) -> None:
        """Makes the first mirror, in which a compiler ended a minute ago."""
        self.mirror()
        self.ended(time.time() - 60)

    def ended(self, seconds: float) -> None:
        """Notes that a compiler ended then."""
        self.write("known/ended", f"{int(seconds)}\n")

    def _here(self, text: str) -> str:
        places = {
            "/compile": "",
            "/sealed/source": "/source",
            "/sealed/mirror": "/known",
            "/project": "/project",
        }
        for name, path in places.items():
            text = text.replace(name, f"{self.folder}{path}")
        return text


@pytest.fixture(params=["mix", "rebar3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A source with one file, old, and its mirror, in which a compiler ended a minute ago."""
    place = Place(tmp_path, request.param)
    os.utime(place.write("source/lib/a b.ex", "one"), LONG_AGO)
    place.begin()
    return place


def test_a_file_is_as_old_in_the_mirror_as_it_has_been_there(place: Place) -> None:
    copy = place.project / "lib/a b.ex"
    came = copy.stat().st_mtime_ns
    assert came > time.time_ns() - 10**10
    place.mirror()
    assert copy.stat().st_mtime_ns == came
    os.utime(place.write("source/lib/a b.ex", "two"), LONG_AGO)
    place.mirror()
    assert copy.read_text("utf-8") == "two"
    assert copy.stat().st_mtime_ns > came


def test_a_folder_that_was_put_in_the_place_of_another_is_seen(place: Place) -> None:
    os.utime(place.write("source/others/a b.ex", "two"), LONG_AGO)
    time.sleep(2.1)  # until both are known to have been still for a while
    place.mirror()
    (place.source / "lib").rename(place.source / "lib.old")
    (place.source / "others").rename(place.source / "lib")
    place.mirror()
    assert (place.project / "lib/a b.ex").read_text("utf-8") == "two"


def test_what_a_link_leads_to_is_new_when_it_led_elsewhere(place: Place) -> None:
    link = place.source / "lib/link.ex"
    place.write("source/lib/other.ex", "two")
    link.symlink_to("a b.ex")
    place.mirror()
    came = (place.project / "lib/other.ex").stat().st_mtime_ns
    link.unlink()
    link.symlink_to("other.ex")
    place.mirror()
    assert (place.project / "lib/link.ex").read_text("utf-8") == "two"
    assert (place.project / "lib/link.ex").stat().st_mtime_ns > came


def test_a_file_touched_by_hand_is_new_and_one_of_another_mode_is_not(place: Place) -> None:
    touched, other = place.write("source/deps/a/.fetch", ""), place.write("source/lib/other.ex", "one")
    place.mirror()
    came = [(place.project / path).stat().st_mtime_ns for path in ("deps/a/.fetch", "lib/other.ex")]
    os.utime(touched, (time.time() + 1, time.time() + 1))
    other.chmod(0o755)
    place.mirror()
    assert (place.project / "deps/a/.fetch").stat().st_mtime_ns > came[0]
    assert (place.project / "lib/other.ex").stat().st_mtime_ns == came[1]
    assert (place.project / "lib/other.ex").stat().st_mode & 0o777 == 0o755


def test_what_the_build_has_changed_in_the_mirror_is_made_equal_again(place: Place) -> None:
    place.write("project/lib/a b.ex", "two")
    place.mirror()
    assert (place.project / "lib/a b.ex").read_text("utf-8") == "one"


@pytest.mark.parametrize(("above", "inside"), [("", ""), ("my_build/x/", "apps/own")])
def test_what_the_build_tool_has_made_stays(place: Place, above: str, inside: str) -> None:
    place = replace(place, inside=inside)
    place.write(f"source/{above}mix.exs", "")
    place.mirror()
    made = f"{above}_build/prod/lib/own/ebin/own.beam"
    place.write(f"project/{made}", "ours")
    place.write(f"source/{made}", "user")
    place.mirror()
    assert (place.project / made).read_text("utf-8") == "ours"


def _texts(folder: Path) -> dict[str, str]:
    """The files below the folder, and the folders."""
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*")}
    return {name: path.read_text("utf-8") if path.is_file() else "" for name, path in found.items()}


DEPENDENCY = {"mix": "deps/one", "rebar3": "_build/default/lib/one"}
COMPILED = {"mix": "_build/prod/lib/{}/ebin/x.beam", "rebar3": "_build/default/lib/{}/ebin/x.beam"}


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


@pytest.mark.parametrize("folder", ["v/b", "v/deps/b"])
def test_what_a_link_to_a_folder_leads_to_is_new_when_it_led_elsewhere(place: Place, folder: str) -> None:
    link = place.source / "lib/codec"
    for name in ("v/a", folder):
        os.utime(place.write(f"source/{name}/codec.ex", name), LONG_AGO)
    link.symlink_to("../v/a")
    place.mirror()
    places = [place.project / name / "codec.ex" for name in ("v/a", folder)]
    before = time.time() - 1000
    for each in places:
        os.utime(each, (before, before))
    link.unlink()
    link.symlink_to(f"../{folder}")
    place.mirror()
    assert (place.project / "lib/codec/codec.ex").read_text("utf-8") == folder
    assert [int(each.stat().st_mtime) > int(before) for each in places] == [False, True]
    came = places[1].stat().st_mtime_ns
    place.mirror()
    assert places[1].stat().st_mtime_ns == came


@pytest.mark.parametrize("to", ["../..", "/etc", "gone", "loop"])
def test_a_link_to_anywhere_makes_nothing_else_new(place: Place, to: str) -> None:
    came = (place.project / "lib/a b.ex").stat().st_mtime_ns
    (place.source / "lib/loop").symlink_to(to)
    place.mirror()
    assert str((place.project / "lib/loop").readlink()) == to
    assert (place.project / "lib/a b.ex").stat().st_mtime_ns == came


@pytest.mark.parametrize("missing", [("seen", "since"), ("since",)])
def test_a_mirror_of_which_nothing_is_known_is_made_anew(place: Place, missing: tuple[str, ...]) -> None:
    place.write("source/deps/one/one.ex", "")
    place.mirror()
    place.write("project/lib/a b.ex", "two")
    stale = place.write("project/deps/one/gone.ex", "")
    for name in missing:
        (place.known / name).unlink()
    place.mirror()
    assert (place.project / "lib/a b.ex").read_text("utf-8") == "one"
    assert not stale.exists()


@pytest.mark.parametrize("program", ["find", "sort", "comm", "cmp", "rsync"])
def test_what_cannot_be_compared_is_no_mirror(
    place: Place, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = place.write(f"bin/{program}", "#!/bin/sh\nexit 7\n")
    failing.chmod(0o755)
    place.write("source/lib/a b.ex", "two")
    with monkeypatch.context() as context:
        context.setenv("PATH", f"{failing.parent}:{os.environ['PATH']}")
        if program == "cmp":
            place.mirror()
        else:
            with pytest.raises(subprocess.CalledProcessError):
                place.mirror()
    place.mirror()
    assert (place.project / "lib/a b.ex").read_text("utf-8") == "two"


@pytest.mark.parametrize("program", ["rm", "touch", "rsync", "mv"])
@pytest.mark.parametrize("tool", ["mix", "rebar3"])
def test_a_mirroring_that_was_ended_anywhere_is_made_up_for(
    tmp_path: Path, tool: str, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path, tool)
    changed = f"{DEPENDENCY[tool]}/src/one"
    os.utime(place.write(f"source/{changed}", "one"), LONG_AGO)
    os.utime(place.write("source/v/b/codec.ex", ""), LONG_AGO)
    link = place.source / "codec"
    link.symlink_to("v/a")
    place.begin()
    came = (place.project / "v/b/codec.ex").stat().st_mtime_ns
    compiled = place.write(f"project/{COMPILED[tool].format('one')}", "")
    os.utime(place.write(f"source/{changed}", "two"), LONG_AGO)
    link.unlink()
    link.symlink_to("v/b")
    real = shutil.which(program)
    for nth in ("1", "2"):
        # The program does its work the so many-th time, and takes all that called it with it.
        ending = place.write(
            f"bin{nth}/{program}",
            f'#!/bin/sh\necho >>{tmp_path}/calls\n{real} "$@"\n'
            f'[ "$(wc -l <{tmp_path}/calls)" -lt {nth} ] || kill -9 -- "-$(ps -o pgid= $$ | tr -d " ")"\n',
        )
        ending.chmod(0o755)
        with monkeypatch.context() as context:
            context.setenv("PATH", f"{ending.parent}:{os.environ['PATH']}")
            place.mirror(apart=True)
        place.write("calls", "")
    place.mirror()
    assert not compiled.exists()
    assert (place.project / changed).read_text("utf-8") == "two"
    assert (place.project / "v/b/codec.ex").stat().st_mtime_ns > came


def test_what_was_mirrored_before_it_was_named_as_secret_goes(place: Place) -> None:
    place.write("source/config/stripe.key", "confidential")
    place.write("source/keys/one", "confidential")
    place.mirror()
    assert (place.project / "config/stripe.key").exists()
    place.mirror("config/stripe.key", "keys", ".beamwright")
    assert not list(place.project.glob("config/*")) and not (place.project / "keys").exists()


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


def test_names_in_the_source_are_for_nobody_else_and_those_of_caches_in_no_list(place: Place) -> None:
    place.write("source/secrets/very_secret_name", "")
    place.write("source/apps/one/.beamwright/cache/file", "")
    place.mirror()
    lists = [path for path in place.known.iterdir() if path.name != "ended"]
    assert {path.stat().st_mode & 0o077 for path in lists} == {0}
    text = b"".join(path.read_bytes() for path in lists if path.name != "rules")
    assert b"very_secret_name" in text and b".beamwright" not in text


def test_nothing_comes_in_the_second_in_which_a_compiler_ended(place: Place) -> None:
    ended = int(time.time())
    place.ended(ended)
    place.write("source/lib/a b.ex", "two")
    place.mirror()
    assert int((place.project / "lib/a b.ex").stat().st_mtime) > ended


def test_a_compiler_of_which_no_end_is_known_ended_just_now(place: Place) -> None:
    (place.known / "ended").unlink()
    begun = int(time.time())
    place.write("source/lib/a b.ex", "two")
    place.mirror()
    assert int((place.project / "lib/a b.ex").stat().st_mtime) > begun


def test_a_mirror_from_the_future_is_made_anew(place: Place) -> None:
    made = place.write("project/_build/prod/lib/own/ebin/own.beam", "")
    place.ended(time.time() + 3600)
    place.mirror()
    assert not made.exists()
    assert (place.project / "lib/a b.ex").read_text("utf-8") == "one"
