"""Files are written as they shall lie on the host, and systemd's checker is asked about the units."""

from __future__ import annotations

from pathlib import Path

from beamwright import units
from beamwright.units import HostFile


def test_files_are_written_with_their_modes_over_old_ones(tmp_path: Path) -> None:
    for content in ("old", "new"):
        units.write((HostFile("/etc/beamwright/x", content, mode=0o400),), tmp_path)
    path = tmp_path / "etc" / "beamwright" / "x"
    assert path.read_text("utf-8") == "new"
    assert path.stat().st_mode & 0o777 == 0o400


def test_all_units_are_verified_and_each_service_is_scored(tmp_path: Path) -> None:
    folder = "/etc/systemd/system"
    names = ("a.target", "b@.service", "c.service")
    units.write(tuple(HostFile(f"{folder}/{name}", "") for name in names), tmp_path)
    verify, *security = (command.argv_clear() for command in units.check_commands(tmp_path))
    assert verify[1] == "verify"
    assert verify[-3:] == tuple(f"{tmp_path}{folder}/{name}" for name in names)
    assert [command[-2:] for command in security] == [
        ("--threshold=15", f"{tmp_path}{folder}/{name}") for name in names[1:]
    ]
