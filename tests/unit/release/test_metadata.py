"""What applications say of themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from beamwright.release.metadata import About, application, hex_licences


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("text", "about"),
    [
        (
            '{application, a, [{vsn, "1"}, {applications, [kernel, stdlib]}, {included_applications, [b]},'
            ' {licenses, ["MIT"]}]}.',
            About(("kernel", "stdlib", "b"), ("MIT",)),
        ),
        ("{application, a, []}.", About()),
        ("{application, a, [{env, [{f, fun() -> ok end}]}]}.", About()),
    ],
    ids=["all", "nothing", "what we can't read"],
)
def test_an_app_file(tmp_path: Path, text: str, about: About) -> None:
    write(tmp_path / "ebin/a.app", text)
    assert application(tmp_path) == about


def test_a_folder_without_an_app_file_says_nothing(tmp_path: Path) -> None:
    assert application(tmp_path) == About()


@pytest.mark.parametrize("folder", ["deps/a", "_build/default/lib/a", "_build/prod/lib/a"])
def test_licences_that_came_with_a_package(tmp_path: Path, folder: str) -> None:
    text = '{<<"name">>,<<"a">>}.\n{<<"licenses">>,[<<"MIT">>,<<"Apache-2.0">>]}.\n'
    write(tmp_path / folder / "hex_metadata.config", text)
    assert hex_licences(tmp_path, "a") == ("MIT", "Apache-2.0")
    assert hex_licences(tmp_path, "b") == ()
