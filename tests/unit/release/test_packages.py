"""Which Debian packages a tree came from: what is asked, and what the answer says."""

from __future__ import annotations

from pathlib import Path

import pytest

from beamwright.command import Command, Result
from beamwright.errors import BuildError
from beamwright.release import packages
from beamwright.release.packages import Package, Packages

ANSWER = """\
distribution\tdebian\ttrixie
from\tstdlib-6.2\terlang-base
from\tusr/lib/x86_64-linux-gnu/libc.so.6\tlibc6
package\terlang-base\t1:27.3-1\tamd64\terlang\t1:27.3-1
package\tlibc6\t2.41-12\tamd64\tglibc\t2.41-12
licence\tlibc6\tLGPL-2.1+
licence\tlibc6\tGPL-2
"""


class Box:
    """Answers the same, and counts how often it was asked."""

    def __init__(self, answer: str = ANSWER, exit_code: int = 0) -> None:
        self.answer, self.exit_code, self.image = answer, exit_code, "sha256:1"
        self.asked: list[tuple[str, ...]] = []

    def ready(self) -> None:
        pass

    def run(self, command: Command, **_: object) -> Result:
        self.asked.append(command.argv_clear()[2:])
        return Result(command, self.exit_code, self.answer)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with something of ours, of the toolchain's and of the project's."""
    files = (
        *("app/lib/stdlib-6.2/ebin/stdlib.app", "app/releases/1.0/hello.rel", "app/erts-15.2/bin/beam.smp"),
        *("bin/hello", "bin/loaded/beam.smp", "etc/passwd", "etc/ssl/certs/ca-certificates.crt"),
        *("usr/lib/x86_64-linux-gnu/libc.so.6", "bin/busybox"),
    )
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "bin/sh").symlink_to("busybox")
    return tmp_path


def test_applications_and_files_that_are_not_ours_are_asked_for(tree: Path) -> None:
    assert packages.wanted(tree, "15.2") == (
        "bin/busybox",
        "erts-15.2",
        "etc/ssl/certs/ca-certificates.crt",
        "stdlib-6.2",
        "usr/lib/x86_64-linux-gnu/libc.so.6",
    )


def test_the_answer_is_read() -> None:
    found = packages.parse(ANSWER)
    assert (found.distribution, found.codename) == ("debian", "trixie")
    assert found.owners["stdlib-6.2"] == Package("erlang-base", "1:27.3-1", "amd64", "erlang", "1:27.3-1")
    assert found.owners["usr/lib/x86_64-linux-gnu/libc.so.6"].licences == ("LGPL-2.1+", "GPL-2")


def test_a_toolchain_without_dpkg_says_nothing() -> None:
    assert packages.parse("") == Packages()


def test_the_same_question_is_asked_once(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    box, kept = Box(), tmp_path_factory.mktemp("cache") / "packages"
    first = packages.find(box, tree, "15.2", kept)
    assert packages.find(box, tree, "15.2", kept) == first
    assert len(box.asked) == 1
    box.image = "sha256:2"
    packages.find(box, tree, "15.2", kept)
    (tree / "usr/lib/x86_64-linux-gnu/libm.so.6").touch()
    packages.find(box, tree, "15.2", kept)
    assert len(box.asked) == 3
    assert [path.name for path in kept.parent.iterdir()] == ["packages"]


def test_a_box_that_fails_is_told_and_not_kept(tree: Path, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="does not tell its packages"):
        packages.find(Box("sh: no", 127), tree, "15.2", tmp_path / "kept")
    assert not (tmp_path / "kept").exists()
