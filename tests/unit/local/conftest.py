"""Fleets of a local kind, as files in a temporary folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from beamwright import fleet as fleets
from beamwright.fleet import Fleet

LOCAL = """
inventory = ".beamwright/inventory.toml"
secrets = ".beamwright/secrets"
[project]
name = "courier"
tool = "mix"
[ssh]
user = "deploy"
key = ".beamwright/id_ed25519"
known_hosts = ".beamwright/known_hosts"
[clusters.ams.hosts.ams1]
[clusters.ams.hosts.ams2]
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Fleet]:
    """Loads the text as a fleet file."""

    def load(text: str) -> Fleet:
        (tmp_path / "mix.exs").touch()
        path = tmp_path / "fleet.toml"
        path.write_text(text, "utf-8")
        return fleets.load(path)

    return load


@pytest.fixture
def local_fleet(write: Callable[[str], Fleet]) -> Fleet:
    """Two hosts without an address."""
    return write(LOCAL)
