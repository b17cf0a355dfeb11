"""What RabbitMQ is told; the whole of its files is in tests/golden/demo."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet, Host, load
from beamwright.units.definitions import password_hash
from beamwright.units.rabbitmq import render_sidecar, sidecar_secret_files

PASSWORD = "a-password-of-more-than-32-characters"


@pytest.fixture
def with_secrets(fleet: Fleet, tmp_path: Path) -> Fleet:
    for name, value in (("rabbitmq_cookie", "c" * 64), ("amqp_password", PASSWORD)):
        (tmp_path / name).write_text(f"{value}\n", "utf-8")
        (tmp_path / name).chmod(0o600)
    return replace(fleet, secrets=tmp_path)


def _hosts(tmp_path: Path, *hosts: tuple[str, str], allow_from: str = "192.0.2.0/24") -> Fleet:
    """A fleet with one cluster of hosts (name, address)."""
    tables = "".join(f'[clusters.ams.hosts."{name}"]\naddress = "{address}"\n' for name, address in hosts)
    project = '[project]\nname = "courier"\ntool = "mix"\n'
    node = f'[node]\nports = {{ http = 8080 }}\nallow_from = ["{allow_from}"]\n'
    (tmp_path / "fleet.toml").write_text(project + node + tables, "utf-8")
    return load(tmp_path / "fleet.toml")


def _ams(tmp_path: Path, count: int) -> Fleet:
    return _hosts(tmp_path, *((f"ams{number}", f"10.0.0.{number}") for number in range(1, count + 1)))


def _content(fleet: Fleet, name: str, host: Host | None = None) -> str:
    files = render_sidecar(fleet, host or fleet.hosts[0])
    return next(file.content for file in files if file.path.endswith(f"/{name}"))


def _settings(text: str) -> dict[str, str]:
    lines = (line for line in text.splitlines() if " = " in line and not line.startswith("#"))
    return dict(line.split(" = ", 1) for line in lines)


def _definitions(fleet: Fleet) -> Any:
    return json.loads(next(f.content for f in sidecar_secret_files(fleet) if f.path.endswith(".json")))


def test_clients_come_from_the_host_alone_and_members_over_its_address(fleet: Fleet) -> None:
    settings = _settings(_content(fleet, "rabbitmq.conf"))
    assert [value for key, value in settings.items() if key.startswith("listeners.")] == ["127.0.0.1:5672"]
    environment = _content(fleet, "rabbitmq-env.conf")
    assert '"-kernel inet_dist_use_interface {10,0,0,1}"' in environment
    assert "BEAMWRIGHT_PEERS=rabbit@ams1=10.0.0.1:25672,rabbit@ams2=10.0.0.2:25672\n" in environment


def test_only_the_hosts_of_the_cluster_are_its_members_and_may_connect(fleet: Fleet) -> None:
    settings = _settings(_content(fleet, "rabbitmq.conf"))
    members = {value for key, value in settings.items() if ".classic_config.nodes." in key}
    assert members == {"rabbit@ams1", "rabbit@ams2"}
    unit = _content(fleet, "beamwright-rabbitmq.service")
    assert "IPAddressAllow=localhost 10.0.0.1 10.0.0.2\n" in unit


@pytest.mark.parametrize("count, handling", [(1, "ignore"), (2, "autoheal"), (3, "pause_minority")])
def test_a_minority_pauses_where_there_can_be_one(tmp_path: Path, count: int, handling: str) -> None:
    settings = _settings(_content(_ams(tmp_path, count), "rabbitmq.conf"))
    assert settings["cluster_partition_handling"] == handling


def test_long_names_and_dns_names(tmp_path: Path) -> None:
    fleet = _hosts(tmp_path, ("a.example", "a.example.net"), ("b.example", "10.0.0.2"), allow_from="any")
    environment = _content(fleet, "rabbitmq-env.conf")
    assert "NODENAME=rabbit@a.example\nUSE_LONGNAME=true\n" in environment
    assert "inet_dist_use_interface" not in environment
    assert "IPAddressAllow=any\n" in _content(fleet, "beamwright-rabbitmq.service")


def test_a_filter_needs_addresses(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"a\.example\.net"):
        render_sidecar(fleet := _hosts(tmp_path, ("a", "a.example.net")), fleet.hosts[0])


@pytest.mark.parametrize(
    "size, memory", [("", None), ("50%", None), ("512M", "536870912"), ("2G", "2147483648")]
)
def test_rabbitmq_knows_its_memory_limit(fleet: Fleet, size: str, memory: str | None) -> None:
    limited = replace(fleet, sidecar=replace(fleet.sidecar, memory_max=size))
    settings = _settings(_content(limited, "rabbitmq.conf"))
    assert settings.get("total_memory_available_override_value") == memory
    assert (f"MemoryMax={size}\n" in _content(limited, "beamwright-rabbitmq.service")) == bool(size)


def test_the_secrets_are_roots_alone(with_secrets: Fleet) -> None:
    files = sidecar_secret_files(with_secrets)
    assert {(file.mode, file.owner, file.secret) for file in files} == {(0o400, "root", True)}
    assert PASSWORD not in "".join(file.content for file in files)
    assert [file.content for file in files if file.path.endswith("/secrets/cookie")] == ["c" * 64]


def test_the_nodes_user_is_the_only_one(with_secrets: Fleet) -> None:
    found = _definitions(with_secrets)
    assert [(user["name"], user["tags"]) for user in found["users"]] == [("courier", [])]
    assert found["vhosts"] == [{"name": "/"}]
    assert [grant["vhost"] for grant in found["permissions"]] == ["/"]


def test_a_password_hash_is_salt_and_sha256_and_the_same_again() -> None:
    raw = b64decode(password_hash("courier", PASSWORD))
    assert raw[4:] == hashlib.sha256(raw[:4] + PASSWORD.encode()).digest()
    assert password_hash("courier", PASSWORD) == password_hash("courier", PASSWORD)


def _with_definitions(fleet: Fleet, tmp_path: Path, text: str) -> Fleet:
    (tmp_path / "own.json").write_text(text, "utf-8")
    return replace(fleet, sidecar=replace(fleet.sidecar, definitions=tmp_path / "own.json"))


def test_the_projects_definitions_are_kept(with_secrets: Fleet, tmp_path: Path) -> None:
    queues = [{"name": "parcels", "vhost": "/"}]
    own = {"queues": queues, "users": [{"name": "auditor"}], "vhosts": [{"name": "/"}]}
    found = _definitions(_with_definitions(with_secrets, tmp_path, json.dumps(own)))
    assert found["queues"] == queues
    assert found["vhosts"] == own["vhosts"]
    assert [user["name"] for user in found["users"]] == ["auditor", "courier"]


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("{", "own.json"),
        ("[]", "no JSON object"),
        ('{"users": {}}', "users is no array"),
        ('{"users": ["x"]}', "users is no array"),
        ('{"users": [{"name": "guest"}]}', "guest"),
        ('{"users": [{"name": "courier"}]}', "courier"),
    ],
)
def test_definitions_that_cannot_be_used_are_named(
    with_secrets: Fleet, tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        sidecar_secret_files(_with_definitions(with_secrets, tmp_path, text))
