"""The credentials come from the fleet's files, and one that is not fit is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from beamwright import units
from beamwright.errors import ConfigError
from beamwright.fleet import Fleet
from beamwright.units.secrets import credentials


@pytest.fixture
def with_secrets(fleet: Fleet, tmp_path: Path) -> Fleet:
    for name in ("cookie", "rabbitmq_cookie", "amqp_password"):
        (tmp_path / name).write_text(f"the-{name}".ljust(40, "."), "utf-8")
        (tmp_path / name).chmod(0o600)
    api_key = fleet.path.with_name("api_key")
    api_key.write_text("the api_key\n", "utf-8")
    api_key.chmod(0o600)
    return replace(fleet, secrets=tmp_path)


def test_each_credential_is_a_file_for_root_alone(with_secrets: Fleet) -> None:
    files = units.secret_files(with_secrets, with_secrets.hosts[0])
    folder, rabbitmq = "/etc/beamwright/courier/secrets", "/etc/beamwright/rabbitmq/secrets"
    contents = {file.path: file.content for file in files}
    assert "the-amqp_password" not in contents.pop(f"{rabbitmq}/definitions.json")
    assert contents == {
        f"{folder}/cookie": "the-cookie".ljust(40, "."),
        f"{folder}/amqp_password": "the-amqp_password".ljust(40, "."),
        f"{folder}/api_key": "the api_key\n",
        f"{rabbitmq}/cookie": "the-rabbitmq_cookie".ljust(40, "."),
    }
    assert {(file.mode, file.owner, file.secret) for file in files} == {(0o400, "root", True)}
    assert "the-" not in repr(files)


@pytest.mark.parametrize("app, suffix", [("courier", "@.service"), ("rabbitmq", "-rabbitmq.service")])
def test_the_unit_loads_each_of_them(with_secrets: Fleet, app: str, suffix: str) -> None:
    unit = next(f for f in units.render(with_secrets, with_secrets.hosts[0]) if f.path.endswith(suffix))
    loaded = [line for line in unit.content.splitlines() if line.startswith("LoadCredential=")]
    files = units.secret_files(with_secrets, with_secrets.hosts[0])
    paths = [file.path for file in files if file.path.startswith(f"/etc/beamwright/{app}/")]
    assert loaded == [f"LoadCredential={path.rpartition('/')[2]}:{path}" for path in paths]


@pytest.mark.parametrize("name", ["cookie", "amqp_password", "api_key"])
@pytest.mark.parametrize(
    "spoil, complaint",
    [
        (Path.unlink, "is missing"),
        (lambda path: path.write_bytes(b" \n"), "is empty"),
        (lambda path: path.write_bytes(b"\xff"), "not text"),
        (lambda path: path.chmod(0o640), "others can read"),
    ],
    ids=["missing", "empty", "not text", "open to others"],
)
def test_a_secret_that_is_not_fit_is_named(
    with_secrets: Fleet, name: str, spoil: Callable[[Path], object], complaint: str
) -> None:
    sources = {c.name: c.source for c in credentials(with_secrets, with_secrets.hosts[0])}
    spoil(sources[name])
    with pytest.raises(ConfigError, match=f"{sources[name]}: .*{complaint}"):
        units.secret_files(with_secrets, with_secrets.hosts[0])


@pytest.mark.parametrize("name", ["cookie", "amqp_password"])
def test_a_secret_of_the_fleet_that_a_node_would_refuse_is_named(with_secrets: Fleet, name: str) -> None:
    (with_secrets.secrets / name).write_text("monster", "utf-8")
    with pytest.raises(ConfigError, match=f"{name}: the secret is shorter than 32 characters"):
        units.secret_files(with_secrets, with_secrets.hosts[0])


def test_a_users_secret_is_any_text_where_no_sidecar_reads_its_file(with_secrets: Fleet) -> None:
    host = with_secrets.hosts[0]
    users = replace(host.settings, secrets=(("broker", with_secrets.amqp_password),))
    alone = replace(with_secrets, sidecar=replace(with_secrets.sidecar, enabled=False))
    with_secrets.amqp_password.write_text("two words", "utf-8")
    (cookie, broker) = units.secret_files(alone, replace(host, settings=users))
    assert (broker.content, cookie.content) == ("two words", "the-cookie".ljust(40, "."))
