"""Rendered files as a folder, and what systemd's own checker is asked about it."""

from __future__ import annotations

from pathlib import Path

from beamwright import resources
from beamwright.command import Command, command
from beamwright.errors import ConfigError
from beamwright.units.file import HostFile

_UNITS = "etc/systemd/system"
EXPOSURE = 1.5
"""The highest exposure of `systemd-analyze security` (0 safest, 10 worst) that a unit may have."""


def write(files: tuple[HostFile, ...], out: Path) -> None:
    """Writes the files below `out` as they shall lie below `/` on the host; owners are left to the host."""
    try:
        for file in files:
            _write(file, out / file.path.removeprefix("/"))
    except OSError as exc:
        raise ConfigError(f"{exc.filename}: {exc.strerror}", hint="choose a folder you may write to") from exc


def _write(file: HostFile, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(file.content, "utf-8")
    path.chmod(file.mode)


def check_commands(folder: Path) -> tuple[Command, ...]:
    """The checks of the units that `write` put into `folder`, by systemd-analyze(1) of this machine.

    `verify` exits 0 after a line that it did not understand: the units are good when it also said nothing on
    standard error. `security` exits 1 above an exposure of 1.5; one command for each service, but for one
    whose sandbox podman makes: systemd knows nothing of that.
    """
    units = sorted(path for path in (folder / _UNITS).iterdir() if path.is_file())
    # The colon keeps the machine's own units in reach: ours refer to them.
    search = f"{resources.root() / 'systemd' / 'verify'}:"
    verify = command("systemd-analyze", "verify", "--man=no", *map(str, units), SYSTEMD_UNIT_PATH=search)
    threshold = f"--threshold={EXPOSURE * 10:.0f}"  # in tenths
    security = ("systemd-analyze", "security", "--no-pager", "--offline=true", threshold)
    return (verify, *(command(*security, str(unit)) for unit in units if _is_sandboxed(unit)))


def _is_sandboxed(unit: Path) -> bool:
    """Whether it is a service that stands in systemd's own sandbox."""
    return unit.suffix == ".service" and "/usr/bin/podman" not in unit.read_text("utf-8")
