"""What several kinds of test share: the Docker Engine, and the example applications, built once a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from beamwright import artifact, fleet
from beamwright.artifact import Artifact
from beamwright.errors import ConfigError
from beamwright.fleet import secrets
from beamwright.fleet.model import Fleet
from beamwright.toolchain import Engine

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The Docker Engine; tests that need it are skipped, visibly, where none answers."""
    try:
        return Engine.connect()
    except ConfigError as exc:
        pytest.skip(f"{exc.message}: {exc.hint}")


Declare = Callable[[Path, str, Path, str], Fleet]


@pytest.fixture(scope="session")
def declare() -> Declare:
    """Declares a fleet of one host without a sidecar, in a fleet.toml of the folder: name, source, tool."""
    return _declare


def _declare(folder: Path, name: str, source: Path, tool: str) -> Fleet:
    (folder / "fleet.toml").write_text(f"""\
[project]
name = "{name}"
source = "{source}"
tool = "{tool}"

[node]
ports = {{ http = 8080 }}

[sidecar]
enabled = false

[clusters.test.hosts.test1]
""")
    declared = fleet.load(folder / "fleet.toml")
    secrets.ensure(declared)
    return declared


def _build(engine: Engine, folder: Path, name: str, tool: str, compression: str) -> Artifact:
    _declare(folder, name, ROOT / "examples" / name, tool)
    with (folder / "fleet.toml").open("a") as file:
        file.write(f'[artifact]\ncompression = "{compression}"\n')
    declared = fleet.load(folder / "fleet.toml")
    report = artifact.build(declared, engine, folder / "dist", artifact.KINDS, print)
    return artifact.read(report.folder)


@pytest.fixture(scope="session")
def built_courier(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """The Elixir example, built from cold caches; the image's layers are zstd."""
    return _build(engine, tmp_path_factory.mktemp("courier"), "courier", "mix", "zstd")


@pytest.fixture(scope="session")
def built_depot(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """The Erlang example, built from cold caches; the image's layers are gzip."""
    return _build(engine, tmp_path_factory.mktemp("depot"), "depot", "rebar3", "gzip")
