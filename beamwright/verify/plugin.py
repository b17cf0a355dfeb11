"""A pytest plugin: the fleet file's fixtures beside testinfra's `host`.

`fleet` is the whole fleet, `declared` what it says of the host under test.
A check of one's own is a test that asks for any of them. One that is marked `root` looks at what only root
sees; on a host whose sudo allows the helper alone it is skipped, and named.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from testinfra.host import Host as RemoteHost

from beamwright import fleet as fleets
from beamwright.fleet.model import Fleet, Host
from beamwright.verify.run import FOR_ROOT


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--fleet FILE`, `--closed HOST,…`."""
    parser.addoption("--fleet", type=Path, default=Path("fleet.toml"), help="the fleet file")
    parser.addoption("--closed", default="", help="hosts whose sudo allows the helper alone")


def pytest_configure(config: pytest.Config) -> None:
    """The mark of checks that root makes."""
    config.addinivalue_line("markers", f"root: {FOR_ROOT}")


@pytest.fixture(autouse=True)
def _root(request: pytest.FixtureRequest) -> None:
    """Skips what the user may not see."""
    if request.node.get_closest_marker("root"):
        name = request.getfixturevalue("host").backend.get_hostname()
        if name in request.config.getoption("--closed").split(","):
            pytest.skip(FOR_ROOT)


@pytest.fixture(scope="session")
def fleet(request: pytest.FixtureRequest) -> Fleet:
    """The fleet that the file declares."""
    return fleets.load(request.config.getoption("--fleet"))


@pytest.fixture(scope="module")
def declared(fleet: Fleet, host: RemoteHost) -> Host:
    """What the fleet file says of the host under test."""
    name = host.backend.get_hostname()
    return next(declared for declared in fleet.hosts if declared.name == name)
