"""The files of every host of every scenario are the golden ones, byte for byte."""

from __future__ import annotations

import shutil
from pathlib import Path

from beamwright import units
from beamwright.fleet import Fleet


def _texts(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_bytes().decode()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_files_are_the_golden_ones(fleet: Fleet, golden: Path, update_golden: bool, tmp_path: Path) -> None:
    for host in fleet.hosts:
        rendered = tmp_path / host.name
        units.write(units.render(fleet, host), rendered)
        if update_golden:
            shutil.rmtree(golden / host.name, ignore_errors=True)
            shutil.copytree(rendered, golden / host.name)
        assert _texts(rendered) == _texts(golden / host.name), (
            f"look at the change with script/golden ({host.name})"
        )


def test_every_golden_host_is_in_the_fleet(fleet: Fleet, golden: Path) -> None:
    assert {path.name for path in golden.iterdir() if path.is_dir()} == {host.name for host in fleet.hosts}
