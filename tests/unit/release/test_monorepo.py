"""What of a context is another fleet's alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from beamwright.fleet import Fleet, load
from beamwright.release.monorepo import private

FLEET = '[project]\nname = "shop"\ntool = "mix"\n{}\n[clusters.ams.hosts.ams1]\n'


def fleet(folder: Path, source: str = ".", context: str = "..") -> Fleet:
    folder.mkdir(parents=True)
    path = folder / "fleet.toml"
    path.write_text(FLEET.format(f'source = "{source}"\ncontext = "{context}"'))
    return load(path)


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("", "secrets"),
        ('secrets = "../keys"', "../keys"),
        ("secrets = 1", "secrets"),
        ("secrets = ", "secrets"),
        ("[secrets]", "secrets"),
    ],
)
def test_secrets_and_artifacts_of_other_fleets(tmp_path: Path, text: str, secrets: str) -> None:
    own = fleet(tmp_path / "a")
    (tmp_path / "teams/b").mkdir(parents=True)
    (tmp_path / "teams/b/fleet.toml").write_text(text)
    expected = {tmp_path / "teams/b/dist", (tmp_path / "teams/b" / secrets).resolve()}
    assert set(private(own)) == expected


def test_a_fleet_that_is_not_utf_8_has_the_default(tmp_path: Path) -> None:
    own = fleet(tmp_path / "a")
    (tmp_path / "fleet.toml").write_bytes(b"\xff")
    assert private(own) == (tmp_path / "secrets", tmp_path / "dist")


@pytest.mark.parametrize("folder", [".git", ".beamwright", "node_modules", "deps", "_build"])
def test_what_tools_keep_is_not_searched(tmp_path: Path, folder: str) -> None:
    own = fleet(tmp_path / "a")
    (tmp_path / folder / "b").mkdir(parents=True)
    (tmp_path / folder / "b/fleet.toml").write_text("")
    assert private(own) == ()


def test_the_source_is_not_private(tmp_path: Path) -> None:
    own = fleet(tmp_path / "a/app", "../dist/app", "../..")
    (tmp_path / "a/fleet.toml").write_text('secrets = ".."')
    assert private(own) == ()
