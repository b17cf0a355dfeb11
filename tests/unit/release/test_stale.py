"""What the mirror holds after a change that rsync can't see, by images/compile/mirror.sh itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.release.place import COMPILED, DEPENDENCY, LONG_AGO, Place

pytestmark = pytest.mark.skipif(shutil.which("rsync") is None, reason="rsync is not installed here")


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
