"""What a build refuses before anything is contacted."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from beamwright.artifact import LATEST, build
from beamwright.errors import ConfigError
from beamwright.fleet import load
from beamwright.release.engine import Engine

NONE = cast(Engine, None)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"kinds": ("tarball", "rpm")}, "no such kind of artifact: rpm"),
        ({"epoch": -1}, "no time that a file can have"),
        ({"epoch": LATEST + 1}, "no time that a file can have"),
    ],
    ids=["kind", "before 1970", "after 2242"],
)
def test_what_can_not_be_built_is_told(tmp_path: Path, words: dict[str, Any], told: str) -> None:
    (tmp_path / "fleet.toml").write_text(
        '[project]\nname = "courier"\ntool = "mix"\n[clusters.ams.hosts.ams1]\n'
    )
    given = {"kinds": ("tarball",), **words}
    with pytest.raises(ConfigError, match=told):
        build(load(tmp_path / "fleet.toml"), NONE, tmp_path / "dist", log=print, **given)
    assert not (tmp_path / "dist").exists()
