"""What a fleet file names as secret."""

from __future__ import annotations

from pathlib import Path

from beamwright.fleet import load, secrets
from beamwright.fleet.private import secret_paths

NAMED = """\
[project]
name = "shop"
tool = "mix"
[signing]
key = "ops/release_key"
[ssh]
key = "ops/deploy_key"
[registry]
repository = "registry.example.net/shop"
user = "shop"
password = "ops/registry"
ca = "ops/ca.pem"
[node.secrets]
tls = "tls/key.pem"
[clusters.ams.node.secrets]
tls = "tls/ams.pem"
[clusters.ams.hosts.ams1.node.secrets]
tls = "tls/ams1.pem"
mail = "/etc/shop/../mail"
[clusters.ams.hosts.ams2]
"""


def test_the_secrets_of_all_keys_and_hosts(tmp_path: Path) -> None:
    path = tmp_path / "any.toml"
    path.write_text(NAMED)
    declared = load(path)
    files = ("release_key", "deploy_key", "registry")
    keys = (f"tls/{name}.pem" for name in ("key", "ams", "ams1"))
    found = set(secret_paths(path))
    assert {each for each in found if not each.is_relative_to(declared.secrets)} == {
        *(tmp_path / "ops" / name for name in files),
        *(tmp_path / key for key in keys),
        Path("/etc/mail"),
    }
    assert {declared.secrets, declared.signing.key, declared.ssh.key, declared.registry.password} <= found
    assert {file for host in declared.hosts for _, file in host.settings.secrets} <= found


def test_what_init_makes_is_secret_but_for_what_is_committed(tmp_path: Path) -> None:
    path = tmp_path / "fleet.toml"
    path.write_text('secrets = "."\n[project]\nname = "shop"\ntool = "mix"\n[clusters.ams.hosts.ams1]\n')
    made = set(secrets.ensure(load(path)))
    assert made - set(secret_paths(path)) == {tmp_path / "allowed_signers"}
