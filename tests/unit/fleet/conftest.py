"""A small right fleet to bend, and a way to load it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from beamwright.fleet import Fleet, load

FLEET = """\
[project]
name = "courier"
tool = "mix"

[node]
count = 2
ports = { http = 8080 }

[clusters.ams.hosts.ams1]
address = "192.0.2.1"
[clusters.ams.hosts.ams2]
address = "192.0.2.2"
"""

Load = Callable[[str], Fleet]


@pytest.fixture
def load_text(tmp_path: Path) -> Load:
    """Loads a text as a fleet file."""

    def load_it(text: str) -> Fleet:
        path = tmp_path / "fleet.toml"
        path.write_text(text)
        return load(path)

    return load_it


@pytest.fixture
def fleet(load_text: Load) -> Fleet:
    """One cluster, ams, of two hosts with two nodes each."""
    return load_text(FLEET)


@pytest.fixture
def bend(load_text: Load) -> Callable[[str, str], Fleet]:
    """Loads the small right fleet with one piece of its text replaced."""

    def load_bent(old: str, new: str) -> Fleet:
        assert old in FLEET
        return load_text(FLEET.replace(old, new))

    return load_bent
