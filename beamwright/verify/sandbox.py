"""Has this machine's systemd-analyze judge unit files before any host sees them."""

from __future__ import annotations

from pathlib import Path

from beamwright import units
from beamwright.errors import ConfigError, UnreachableError
from beamwright.transport import LocalTarget


def judge(folder: Path) -> tuple[str, ...]:
    """The exposure of each service in a folder that `units.write` filled; ConfigError with what is wrong."""
    exposures = []
    for check in units.check_commands(folder):
        try:
            result = LocalTarget().run(check)
        except UnreachableError as exc:
            raise ConfigError(f"the units were not checked: {exc.message}") from exc
        # `verify` only warns of lines that systemd will not understand.
        if not result.ok or ("verify" in check.argv and result.stderr):
            raise ConfigError(f"{folder}: systemd-analyze refuses the units", detail=result.tail(40))
        if "security" in check.argv:
            exposures.append(result.stdout.strip().rpartition("\n")[2])
    return tuple(exposures)
