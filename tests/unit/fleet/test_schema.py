"""The published schema and reference: equal to the model, and never stricter than the loader."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet, reference, schema

REPOSITORY = Path(__file__).parents[3]
VALIDATOR = jsonschema.Draft202012Validator(schema.schema())

WRITE = "write it anew: python -c 'from beamwright.fleet import {0}; print({0}.text(), end=\"\")' > {1}"


@pytest.mark.parametrize(
    ("module", "file"),
    [(schema, "docs/fleet.schema.json"), (reference, "docs/reference/fleet.md")],
    ids=["schema", "reference"],
)
def test_the_published_file_is_what_the_model_says(module: Any, file: str) -> None:
    name = module.__name__.rpartition(".")[2]
    assert (REPOSITORY / file).read_text() == module.text(), WRITE.format(name, file)


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema.schema())


def test_every_key_is_described_and_none_is_null() -> None:
    for table in [schema.schema(), *schema.schema()["$defs"].values()]:
        for key, value in table["properties"].items():
            assert value.get("description"), key
            assert "anyOf" not in value, key


def test_every_table_is_in_the_reference() -> None:
    page = reference.text()
    for table in [schema.schema(), *schema.schema()["$defs"].values()]:
        assert f"\n{table['description'].splitlines()[0]}" in page


def test_the_fleet_of_this_repository_is_valid() -> None:
    VALIDATOR.validate(tomllib.loads((REPOSITORY / "fleet.toml").read_text()))


BAD = [
    "node.xyzzy = 1",
    "node.count = 0",
    "node.count = 65",
    "node.count = '2'",
    "node.count = true",
    "node.dist_port = 80",
    "node.ports = { http = 80 }",
    "node.ports = { HTTP = 8080 }",
    "node.ports = [8080]",
    "node.vm_args = 'x'",
    "node.vm_args = ['x']",
    'node.vm_args = ["+S\\u0007"]',
    'node.env = { A = "\\u0007" }',
    "node.env = { A-B = '' }",
    "node.env = { A = 1 }",
    "node.secrets = { 'a/b' = 'x' }",
    "node.health = { http = 'x' }",
    "node.health = '/'",
    "node.memory_max = '512'",
    "node.allow_from = ['']",
    "artifact.compression = 'xz'",
    "registry.repository = 'my_app'",
    "registry.repository = 'https://registry.example/my_app'",
    "registry.repository = 'registry.example/My_App'",
    "registry.user = 'a:b'",
    "registry.insecure = 'yes'",
    "sidecar.enabled = 1",
    "sidecar.user = 'a b'",
    "ssh.port = 0",
    "ssh.user = ''",
    "secrets = ''",
    "toolchain.packages = ['A']",
    "toolchain.image = ' '",
    "artifact.budget.unpacked = '14M'",
    "artifact.budget.unpacked = 14_000_000",
    "artifact.budget.oci = '0 MB'",
    "artifact.budget.tarball = '1.2345 MB'",
    "artifact.budget.applications = { 'a-b' = '1 MB' }",
    "artifact.budget.wheels = '1 MB'",
    "clusters.ams.hosts.A = {}",
    "clusters.A.hosts.a = {}",
    "clusters.fra = {}",
    "clusters.fra.hosts = {}",
    "clusters.ams.hosts.b.address = ''",
    "clusters.ams.hosts.b.node.count = 0",
    "inventory = 1979-05-27",
    "deploy.keep = 1.5",
]
HEAD = "project = { name = 'courier', tool = 'mix' }\nclusters.ams.hosts.ams1 = {}\n"


@pytest.mark.parametrize("line", BAD)
def test_what_the_schema_refuses_the_loader_refuses(load_text: Callable[[str], Fleet], line: str) -> None:
    text = f"{HEAD}{line}\n"
    assert not VALIDATOR.is_valid(tomllib.loads(text))
    with pytest.raises(ConfigError):
        load_text(text)


def test_the_head_of_these_is_right(load_text: Callable[[str], Fleet]) -> None:
    VALIDATOR.validate(tomllib.loads(HEAD))
    load_text(HEAD)


def patterns(part: Any) -> Iterator[str]:
    """Every pattern in the schema."""
    if isinstance(part, dict):
        if isinstance(part.get("pattern"), str):
            yield part["pattern"]
        yield from part.get("patternProperties", ())
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from patterns(inner)


def test_patterns_are_anchored_as_editors_search_with_them() -> None:
    found = set(patterns(schema.schema()))
    assert len(found) > 10
    assert all(pattern.startswith("^") and pattern.endswith("$") for pattern in found)
