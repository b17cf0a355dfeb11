"""A pytest plugin: the fleet file's fixtures beside testinfra's `host`.

`fleet` is the whole fleet, `declared` what it says of the host under test.
A check of one's own is a test that asks for any of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from testinfra.host import Host as RemoteHost

from beamwright import fleet as fleets
from beamwright.fleet.model import Fleet, Host


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--fleet FILE`."""
    parser.addoption("--fleet", type=Path, default=Path("fleet.toml"), help="the fleet file")


@pytest.fixture(scope="session")
def fleet(request: pytest.FixtureRequest) -> Fleet:
    """The fleet that the file declares."""
    return fleets.load(request.config.getoption("--fleet"))


@pytest.fixture(scope="module")
def declared(fleet: Fleet, host: RemoteHost) -> Host:
    """What the fleet file says of the host under test."""
    name = host.backend.get_hostname()
    return next(declared for declared in fleet.hosts if declared.name == name)
