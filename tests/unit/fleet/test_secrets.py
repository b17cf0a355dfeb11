"""The fleet's secret files: made once, read only when they are fit to guard a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet
from beamwright.fleet.model import Registry
from beamwright.fleet.secrets import ensure, in_the_clear, needs, read, read_credential

GOOD = "0123456789abcdef" * 4


def mode(path: Path) -> int:
    """The permission bits."""
    return path.stat().st_mode & 0o777


def test_missing_secrets_are_made_for_the_owner_alone(fleet: Fleet) -> None:
    made = ensure(fleet)
    assert [path.name for path in made] == [
        "cookie",
        "rabbitmq_cookie",
        "amqp_password",
        "signing_key",
        "allowed_signers",
    ]
    assert [mode(path) for path in made[:-1]] == [0o600] * 4
    assert mode(fleet.secrets) == 0o700
    assert (fleet.secrets / ".gitignore").read_text() == "*\n"
    assert {path.name for path in fleet.secrets.iterdir()} == {
        ".gitignore",
        "signing_key.pub",
        *(path.name for path in made[:-1]),
    }


def test_each_secret_is_its_own_and_has_256_bits(fleet: Fleet) -> None:
    values = {read(path).reveal() for path in ensure(fleet)[:3]}
    assert len(values) == 3
    assert all(len(bytes.fromhex(value)) == 32 for value in values)


def test_what_is_there_stays(fleet: Fleet) -> None:
    ensure(fleet)
    fleet.amqp_password.unlink()
    before = read(fleet.cookie)
    assert ensure(fleet) == (fleet.amqp_password,)
    assert read(fleet.cookie) == before


def test_a_folder_that_cannot_be_made(fleet: Fleet) -> None:
    fleet.secrets.write_text("a file is in the way")
    with pytest.raises(ConfigError, match="can't be made a folder for secrets"):
        ensure(fleet)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"short", "shorter than 32"),
        (f"{GOOD} {GOOD}".encode(), "one word"),
        (f" {GOOD}".encode(), "one word"),
        (f"{GOOD}\n{GOOD}".encode(), "one word"),
        (b"\xff" * 40, "not text"),
    ],
)
def test_a_secret_that_is_not_fit(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "cookie"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match=reason) as refused:
        read(path)
    assert GOOD not in refused.value.message + refused.value.hint + refused.value.detail


def test_a_secret_that_others_can_read(tmp_path: Path) -> None:
    path = tmp_path / "cookie"
    path.write_text(GOOD)
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="others can read") as refused:
        read(path)
    assert refused.value.hint == f"chmod 600 {path}"


def test_no_secret(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is missing") as refused:
        read(tmp_path / "cookie")
    assert "beamwright init" in refused.value.hint
    with pytest.raises(ConfigError, match="can't be read"):
        read(tmp_path)


def test_a_secret_hides_and_loses_its_last_newline(tmp_path: Path) -> None:
    path = tmp_path / "cookie"
    path.write_text(f"{GOOD}\n")
    path.chmod(0o600)
    assert read(path).reveal() == GOOD
    assert GOOD not in repr(read(path))


def test_a_credential_of_the_user_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("-----BEGIN-----\nx\n")
    path.chmod(0o600)
    assert read_credential(path).reveal() == "-----BEGIN-----\nx\n"


def test_each_secret_is_told_with_what_is_wrong_with_it(fleet: Fleet) -> None:
    ensure(fleet)
    fleet.amqp_password.chmod(0o644)
    fleet.sidecar_cookie.unlink()
    fleet.cookie.write_text("monster")
    told = {text.split()[2]: error and error.message.partition(": ")[2] for text, error in needs(fleet)}
    assert told == {
        "cookie": "the secret is shorter than 32 characters, easy to guess",
        "rabbitmq_cookie": "the secret is missing",
        "amqp_password": "others can read this secret",
    }


@pytest.mark.parametrize(
    ("user", "insecure", "told"), [("deploy", True, True), ("deploy", False, False), (None, True, False)]
)
def test_a_password_without_tls_is_told(tmp_path: Path, user: str | None, insecure: bool, told: bool) -> None:
    registry = Registry("127.0.0.1:5000/courier", user, tmp_path / "password", None, insecure)
    assert ("plain HTTP" in in_the_clear(registry)) is told
