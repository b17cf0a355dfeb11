"""The fleet and the builds that the end-to-end tests share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from beamwright.artifact import Artifact
from tests.road import ROOT, Road


@pytest.fixture(scope="session")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    """The courier example, built and deployed to two fresh hosts; taken away at the end."""
    folder = tmp_path_factory.mktemp("road")
    shutil.copytree(
        ROOT / "examples/courier", folder / "courier", ignore=shutil.ignore_patterns("_build", "deps")
    )
    text = (ROOT / "fleet.toml").read_text("utf-8")
    text = text.replace("examples/courier", "courier") + "\n[deploy]\nsoak_seconds = 1\n"
    (folder / "fleet.toml").write_text(text, "utf-8")
    road = Road(folder)
    try:
        road.invoke("local.up")
        road.invoke("build")
        road.invoke("deploy", "--yes")
        yield road
    finally:
        road.invoke("local.down")


@pytest.fixture(params=["courier", "depot"])
def built(request: pytest.FixtureRequest) -> Artifact:
    """Each of the two examples: one of Elixir, one of Erlang."""
    found: Artifact = request.getfixturevalue(f"built_{request.param}")
    return found
