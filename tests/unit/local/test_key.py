"""The SSH key of a local fleet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet
from beamwright.local.key import ensure_key, key_path


def test_a_missing_key_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "made" / "id_ed25519"
    public = ensure_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert paramiko.Ed25519Key.from_private_key_file(str(path)).get_base64() == public.split()[1]
    assert (tmp_path / "made" / "id_ed25519.pub").read_text() == f"{public}\n"
    assert sorted(file.name for file in path.parent.iterdir()) == ["id_ed25519", "id_ed25519.pub"]


def test_a_key_that_is_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "id_ed25519"
    first = ensure_key(path)
    content = path.read_bytes()
    assert ensure_key(path) == first
    assert path.read_bytes() == content


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "id_ed25519"
    path.write_text("not a key")
    with pytest.raises(ConfigError, match="id_ed25519"):
        ensure_key(path)


def test_a_fleet_file_without_a_key_is_refused(local_fleet: Fleet) -> None:
    with pytest.raises(ConfigError, match="a key of its own") as caught:
        key_path(replace(local_fleet, ssh=replace(local_fleet.ssh, key=None)))
    assert "[ssh]" in caught.value.hint
