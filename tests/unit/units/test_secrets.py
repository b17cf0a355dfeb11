"""The credentials come from the fleet's files, and one that is not fit is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from beamwright import units
from beamwright.errors import ConfigError
from beamwright.fleet import Fleet


@pytest.fixture
def with_secrets(fleet: Fleet, tmp_path: Path) -> Fleet:
    for name in ("cookie", "amqp_password"):
        (tmp_path / name).write_text(f"the {name}", "utf-8")
    fleet.path.with_name("api_key").write_text("the api_key\n", "utf-8")
    return replace(fleet, secrets=tmp_path)


def test_each_credential_is_a_file_for_root_alone(with_secrets: Fleet) -> None:
    files = units.secret_files(with_secrets, with_secrets.hosts[0])
    folder = "/etc/beamwright/courier/secrets"
    assert {file.path: file.content for file in files} == {
        f"{folder}/cookie": "the cookie",
        f"{folder}/amqp_password": "the amqp_password",
        f"{folder}/api_key": "the api_key\n",
    }
    assert {(file.mode, file.owner, file.secret) for file in files} == {(0o400, "root", True)}
    assert "the cookie" not in repr(files)


def test_the_unit_loads_each_of_them(with_secrets: Fleet) -> None:
    unit = next(f for f in units.render(with_secrets, with_secrets.hosts[0]) if f.path.endswith("@.service"))
    loaded = [line for line in unit.content.splitlines() if line.startswith("LoadCredential=")]
    files = units.secret_files(with_secrets, with_secrets.hosts[0])
    assert loaded == [f"LoadCredential={file.path.rpartition('/')[2]}:{file.path}" for file in files]


@pytest.mark.parametrize(
    "content, complaint", [(None, "No such file"), (b" \n", "is empty"), (b"\xff", "utf-8")]
)
def test_a_secret_that_is_not_fit_is_named(
    with_secrets: Fleet, content: bytes | None, complaint: str
) -> None:
    with_secrets.cookie.unlink()
    if content is not None:
        with_secrets.cookie.write_bytes(content)
    with pytest.raises(ConfigError, match=f"secret cookie: .*{complaint}"):
        units.secret_files(with_secrets, with_secrets.hosts[0])
