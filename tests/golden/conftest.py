"""Fleets whose rendered files are kept in <scenario>/<host>/; `script/golden` renders them anew."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from beamwright.fleet import Fleet, load

GOLDEN = Path(__file__).parent
SCENARIOS = ("demo", "hostile", "podman")

_DEMO_ADDRESSES = """\
[hosts.ams1]
address = "10.0.0.1"
[hosts.ams2]
address = "10.0.0.2"
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden files instead of comparing"
    )


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden", default=False))


@pytest.fixture(params=SCENARIOS)
def scenario(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def golden(scenario: str) -> Path:
    """The folder of the scenario's golden files."""
    return GOLDEN / scenario


@pytest.fixture
def fleet(scenario: str, tmp_path: Path) -> Fleet:
    """`demo` is the fleet.toml of this repository with addresses; the others have a file of their own."""
    own = GOLDEN / scenario / "fleet.toml"
    file = tmp_path / "fleet.toml"
    shutil.copy(own if own.exists() else GOLDEN.parents[1] / "fleet.toml", file)
    (tmp_path / ".beamwright").mkdir()
    (tmp_path / ".beamwright" / "inventory.toml").write_text(_DEMO_ADDRESSES, "utf-8")
    return load(file)
