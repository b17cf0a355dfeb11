"""What names an image, and the command that makes its root file system."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from beamwright.toolchain.bootstrap import Recipe, mmdebstrap


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    """A recipe with every part."""
    folder = tmp_path / "it's an image"
    (folder / "files" / "etc").mkdir(parents=True)
    (folder / "files" / "etc" / "motd").write_text("hello\n")
    (folder / "packages.txt").write_text("# comment\nsystemd\n\nsudo  # to become root\n")
    (folder / "setup.sh").write_text("true\n")
    return Recipe("beamwright-test", "bookworm", folder, ("git",), ("ENV A=b",))


def test_the_packages_are_those_listed_and_those_added(recipe: Recipe) -> None:
    assert recipe.all_packages == ("systemd", "sudo", "git")


@pytest.mark.parametrize("part", ["packages.txt", "setup.sh", "files/etc/motd", "unpack.sh"])
def test_any_file_changes_the_tag(recipe: Recipe, part: str) -> None:
    before = recipe.tag
    (recipe.folder / part).write_text("something else\n")
    assert recipe.tag != before


@pytest.mark.parametrize(
    "change", [{"suite": "trixie"}, {"packages": ()}, {"changes": ()}], ids=["suite", "packages", "changes"]
)
def test_any_field_changes_the_tag(recipe: Recipe, change: dict[str, object]) -> None:
    assert replace(recipe, **change).tag != recipe.tag  # type: ignore[arg-type]


def test_where_the_recipe_lies_does_not_change_the_tag(recipe: Recipe) -> None:
    before = recipe.tag
    moved = recipe.folder.rename(recipe.folder.with_name("moved"))
    assert replace(recipe, folder=moved).tag == before


def test_the_command_names_a_suite_and_no_mirror(recipe: Recipe) -> None:
    argv = mmdebstrap(recipe)
    assert argv[-2:] == ("bookworm", "-")
    assert "--include=systemd,sudo,git" in argv
    assert not [word for word in argv if "://" in word]


def test_hooks_quote_the_folder_and_only_exist_for_parts_that_do(recipe: Recipe) -> None:
    hooks = [word for word in mmdebstrap(recipe) if word.startswith("--customize-hook=")]
    assert len(hooks) == 2
    assert all("'it'\"'\"'s an image" in hook or "it'\"'\"'s an image" in hook for hook in hooks)
