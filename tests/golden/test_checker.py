"""systemd's own checker finds nothing to say about the rendered units, and would if there were something."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from beamwright import units
from beamwright.command import Command
from beamwright.fleet import Fleet

pytestmark = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="no systemd-analyze on this machine"
)


def _run(command: Command) -> subprocess.CompletedProcess[str]:
    environment = os.environ | dict(command.env)
    return subprocess.run(command.argv_clear(), capture_output=True, text=True, env=environment, check=False)


def _rendered(fleet: Fleet, folder: Path) -> tuple[Command, ...]:
    units.write(units.render(fleet, fleet.hosts[0]), folder)
    return units.check_commands(folder)


def test_units_pass(fleet: Fleet, tmp_path: Path) -> None:
    for command in _rendered(fleet, tmp_path):
        result = _run(command)
        assert result.returncode == 0, f"{command}\n{result.stdout}{result.stderr}"
        assert result.stderr == "", command


@pytest.mark.parametrize(
    "good, bad",
    [("Type=notify", "Type=notfy"), ("KillMode=", "KillMod="), ("ExecStart=", 'ExecStart="')],
)
def test_verify_tells_of_a_line_it_does_not_understand(
    fleet: Fleet, tmp_path: Path, good: str, bad: str
) -> None:
    verify, *_ = _rendered(fleet, tmp_path)
    unit = tmp_path / f"etc/systemd/system/{fleet.project.name}@.service"
    assert good in unit.read_text("utf-8")
    unit.write_text(unit.read_text("utf-8").replace(good, bad), "utf-8")
    assert _run(verify).stderr != ""


def test_security_fails_without_the_sandbox(fleet: Fleet, tmp_path: Path) -> None:
    _, *security = _rendered(fleet, tmp_path)
    if fleet.deploy.artifact == "oci":  # podman's sandbox, which systemd does not know
        assert security == []
        return
    unit = tmp_path / f"etc/systemd/system/{fleet.project.name}@.service"
    unit.write_text(unit.read_text("utf-8").replace("SystemCallFilter", "#"), "utf-8")
    score = next(command for command in security if command.argv_clear()[-1] == str(unit))
    assert _run(score).returncode != 0
