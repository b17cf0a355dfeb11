"""What stands in the way of a build's own folders, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from beamwright.artifact.workspace import open_workshop
from beamwright.errors import ConfigError


@pytest.mark.parametrize("dist", ["file", "file/dist"])
def test_a_file_where_dist_has_to_be(tmp_path: Path, dist: str) -> None:
    (tmp_path / "file").touch()
    told = pytest.raises(ConfigError, match="there is a file where a folder has to be")
    with told as caught, open_workshop(tmp_path, tmp_path / dist, None, print):
        pass
    assert caught.value.hint
