"""The fleet as OpenSSH reads it: asked of ssh itself."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from beamwright.fleet import Fleet
from beamwright.transport import UserConfig
from beamwright.verify import ssh_config


def understood(config: Path, host: str) -> dict[str, str]:
    """What `ssh -G` makes of a host."""
    result = subprocess.run(
        ["ssh", "-G", "-F", str(config), host], capture_output=True, text=True, check=True, timeout=20
    )
    return dict(line.split(" ", 1) for line in result.stdout.splitlines() if " " in line)


@pytest.mark.skipif(shutil.which("ssh") is None, reason="ssh is not installed here: `script/setup`")
@pytest.mark.parametrize(
    ("host", "address", "port"), [("ams1", "192.0.2.1", "22"), ("ams2", "192.0.2.2", "2222")]
)
def test_only_the_project_s_keys_are_trusted(
    make_fleet: Callable[[str], Fleet], tmp_path: Path, host: str, address: str, port: str
) -> None:
    fleet = make_fleet('[ssh]\nuser = "deploy"\nkey = "my 100% key"\nknown_hosts = "known hosts"')
    config = tmp_path / "ssh_config"
    config.write_text(ssh_config.render(fleet, fleet.hosts, tmp_path / "50%"))
    seen = understood(config, host)
    assert (seen["hostname"], seen["port"], seen["user"]) == (address, port, "deploy")
    assert (seen["stricthostkeychecking"], seen["globalknownhostsfile"]) == ("true", "none")
    assert seen["userknownhostsfile"].strip('"') == str(tmp_path / "known hosts")
    assert (seen["identitiesonly"], seen["batchmode"]) == ("yes", "yes")
    assert seen["identityfile"].strip('"') == str(tmp_path / "my 100%% key")
    assert "/50%/" in seen["controlpath"]


def test_without_a_key_the_agent_s_are_tried(make_fleet: Callable[[str], Fleet], tmp_path: Path) -> None:
    fleet = make_fleet("")
    assert "Identit" not in ssh_config.render(fleet, fleet.hosts, tmp_path, UserConfig(tmp_path / "none"))


@pytest.mark.skipif(shutil.which("ssh") is None, reason="ssh is not installed here: `script/setup`")
def test_the_user_s_own_configuration_and_machines_in_between(
    make_fleet: Callable[[str], Fleet], tmp_path: Path
) -> None:
    (tmp_path / "user").write_text(
        "Host ams1\n  User ann\nHost bastion\n  HostName 203.0.113.9\n  Port 2200\n"
    )
    fleet, user = make_fleet('[ssh]\njump = "guest@bastion"'), UserConfig(tmp_path / "user")
    config = tmp_path / "ssh_config"
    config.write_text(ssh_config.render(fleet, fleet.hosts, tmp_path, user))
    seen = understood(config, "ams1")
    assert (seen["user"], seen["proxyjump"]) == ("ann", "jump-guest-203.0.113.9-2200")
    jump = understood(config, seen["proxyjump"])
    assert (jump["hostname"], jump["port"], jump["user"]) == ("203.0.113.9", "2200", "guest")
    assert jump["stricthostkeychecking"] == "true"
    hosts = [ssh_config.backend(fleet, host, user) for host in fleet.hosts]
    assert hosts == ["ssh://ams1?sudo=true", "ssh://ams2"]
