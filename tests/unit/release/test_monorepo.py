"""What of a context no build gets to see."""

from __future__ import annotations

import os
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


MINE = ("", "cookie", "rabbitmq_cookie", "amqp_password", "signing_key")


def others(own: Fleet) -> set[Path]:
    """What is private, but for the fleet's own."""
    return {path for path in private(own) if not path.is_relative_to(own.folder)}


def of_fleet(folder: Path, secrets: str = "secrets") -> set[Path]:
    """What is private of a fleet that names no other secrets."""
    return {folder / "dist", *(folder / secrets / name for name in MINE)}


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("", "secrets"),
        ('secrets = "keys"', "keys"),
        ("secrets = 1", "secrets"),
        ("secrets = ", "secrets"),
        ("[secrets]", "secrets"),
        ("x = " + "[" * 10_000, "secrets"),
        ('node = "x"\nclusters = [1]\nssh.key = 1', "secrets"),
        ('ssh.key = "a\\u0000b"', "secrets"),
    ],
)
def test_secrets_and_artifacts_of_other_fleets(tmp_path: Path, text: str, secrets: str) -> None:
    own = fleet(tmp_path / "a")
    (tmp_path / "teams/b").mkdir(parents=True)
    (tmp_path / "teams/b/fleet.toml").write_text(text)
    assert others(own) == of_fleet(tmp_path / "teams/b", secrets)


def test_a_fleet_that_is_not_utf_8_has_the_default(tmp_path: Path) -> None:
    own = fleet(tmp_path / "a")
    (tmp_path / "fleet.toml").write_bytes(b"\xff")
    assert others(own) == of_fleet(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "is_fleet"),
    [
        ("staging.toml", FLEET.format(""), True),
        ("Cargo.toml", "[package]", False),
        ("pyproject.toml", "[project]", False),
        ("broken.toml", "[project", False),
    ],
)
def test_a_fleet_file_may_have_any_name(tmp_path: Path, name: str, text: str, is_fleet: bool) -> None:
    own = fleet(tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / name).write_text(text)
    assert others(own) == (of_fleet(tmp_path / "b") if is_fleet else set())


def test_the_own_secrets_are_private_wherever_they_are(tmp_path: Path) -> None:
    own = fleet(tmp_path / "a")
    with own.path.open("a") as file:
        file.write('[node.secrets]\ntls = "ops/tls.pem"\n[ssh]\nkey = "ops/deploy_key"\n')
    assert {own.secrets, *(own.folder / "ops" / name for name in ("tls.pem", "deploy_key"))} <= {
        *private(own)
    }


def test_what_is_no_file_is_passed_by(tmp_path: Path) -> None:
    own = fleet(tmp_path / "a")
    os.mkfifo(tmp_path / "fleet.toml")
    assert others(own) == set()


def test_where_links_lead_is_private_too(tmp_path: Path) -> None:
    own = fleet(tmp_path / "a")
    for folder in ("a/secrets", "b", "conf", "vault/b"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "a/secrets/cookie").symlink_to("../../vault/a.cookie")
    (tmp_path / "b/fleet.toml").symlink_to("../conf/b")
    (tmp_path / "conf/b").write_text("")
    (tmp_path / "conf/secrets").symlink_to("../vault/b")
    expected = of_fleet(tmp_path / "conf") | {tmp_path / "vault/b" / name for name in MINE}
    assert others(own) == expected | {tmp_path / "vault/a.cookie"}


@pytest.mark.parametrize("folder", [".git", ".beamwright", "node_modules", "deps", "_build"])
def test_what_tools_keep_is_not_searched(tmp_path: Path, folder: str) -> None:
    own = fleet(tmp_path / "a")
    (tmp_path / folder / "b").mkdir(parents=True)
    (tmp_path / folder / "b/fleet.toml").write_text("")
    assert others(own) == set()


def test_the_source_is_not_private(tmp_path: Path) -> None:
    own = fleet(tmp_path / "a/app", "../dist/app", "../..")
    (tmp_path / "a/fleet.toml").write_text('secrets = ".."')
    assert others(own) == {tmp_path / name for name in MINE if name}
