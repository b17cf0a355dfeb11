"""What the mirror holds after a change that rsync can't see, by images/compile/mirror.sh itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from beamwright import resources
from beamwright.fleet.model import Project
from beamwright.release.mirror import mirror

pytestmark = pytest.mark.skipif(shutil.which("rsync") is None, reason="rsync is not installed here")

LONG_AGO = (10**9, 10**9)


@dataclass(frozen=True)
class Place:
    """A folder with source/ and project/, the mirror of it, of the build tool `tool`."""

    folder: Path
    tool: str = "mix"

    @property
    def source(self) -> Path:
        """The source."""
        return self.folder / "source"

    @property
    def project(self) -> Path:
        """The mirror."""
        return self.folder / "project"

    def write(self, path: str, text: str) -> Path:
        """A file, in folders that are made."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    def mirror(self) -> None:
        """Makes the mirror equal to the source."""
        self.project.mkdir(exist_ok=True)
        project = Project("own", self.source, self.tool, "own", "prod", self.source)
        for name in ("mirror.sh", "drop.sh"):
            text = (resources.find("images/compile") / name).read_text("utf-8")
            (self.folder / name).write_text(self._here(text), "utf-8")
        rsync = mirror(project, f"{os.getuid()}:{os.getgid()}", ()).argv_clear()
        words = "sh", "/compile/mirror.sh", self.tool, "/project", *rsync
        subprocess.run([self._here(word) for word in words], check=True)

    def ended(self, seconds: float) -> None:
        """Notes that a compiler ended then."""
        self.write("project/.beamwright/ended", f"{int(seconds)}\n")

    def _here(self, text: str) -> str:
        places = {"/compile": "", "/sealed/source": "/source", "/project": "/project"}
        for name, path in places.items():
            text = text.replace(name, f"{self.folder}{path}")
        return text


@pytest.fixture(params=["mix", "rebar3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A source with one file, old, and its mirror, in which a compiler ended a minute ago."""
    place = Place(tmp_path, request.param)
    os.utime(place.write("source/lib/a b.ex", "one"), LONG_AGO)
    place.mirror()
    place.ended(time.time() - 60)
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


def test_what_the_build_tool_has_made_stays(place: Place) -> None:
    place.write("source/mix.exs", "")
    made = "_build/prod/lib/own/ebin/own.beam"
    place.write(f"project/{made}", "ours")
    place.write(f"source/{made}", "user")
    place.mirror()
    assert (place.project / made).read_text("utf-8") == "ours"


@pytest.mark.parametrize(
    ("tool", "changed", "compiled"),
    [
        ("mix", "deps/one/lib/one.ex", "_build/prod/lib/{}/ebin/x.beam"),
        ("rebar3", "_build/default/lib/one/src/one.erl", "_build/default/lib/{}/ebin/x.beam"),
    ],
)
def test_a_fetched_dependency_that_has_changed_is_to_be_compiled_again(
    tmp_path: Path, tool: str, changed: str, compiled: str
) -> None:
    place = Place(tmp_path, tool)
    place.write(f"source/{changed}", "one")
    place.mirror()
    one, other = (place.write(f"project/{compiled.format(name)}", "") for name in ("one", "other"))
    place.write(f"source/{changed}", "two")
    place.mirror()
    assert (one.exists(), other.exists()) == (False, True)
    assert (place.project / changed).read_text("utf-8") == "two"


def test_nothing_comes_in_the_second_in_which_a_compiler_ended(place: Place) -> None:
    ended = int(time.time())
    place.ended(ended)
    place.write("source/lib/a b.ex", "two")
    place.mirror()
    assert int((place.project / "lib/a b.ex").stat().st_mtime) > ended


def test_a_compiler_of_which_no_end_is_known_ended_just_now(place: Place) -> None:
    (place.project / ".beamwright/ended").unlink()
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
