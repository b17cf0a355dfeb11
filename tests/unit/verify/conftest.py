"""A small fleet to verify."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from beamwright.fleet import Fleet, load


@pytest.fixture
def make_fleet(tmp_path: Path) -> Callable[[str], Fleet]:
    """A fleet of two hosts, with more text at the end of its file."""

    def make(more: str) -> Fleet:
        path = tmp_path / "fleet.toml"
        path.write_text(f"""\
[project]
name = "courier"
tool = "mix"
[node]
ports = {{ http = 8080 }}
[clusters.ams.hosts.ams1]
address = "192.0.2.1"
[clusters.ams.hosts.ams2]
address = "192.0.2.2"
port = 2222
{more}
""")
        return load(path)

    return make
