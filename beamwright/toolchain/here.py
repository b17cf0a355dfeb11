"""Programs of the machine at which somebody builds, such as ssh-keygen."""

from __future__ import annotations

import subprocess

from beamwright.command import Command, Result
from beamwright.errors import ConfigError


def run(command: Command) -> Result:
    """Runs the command to its end; ConfigError when its program is not installed."""
    try:
        done = subprocess.run(command.argv_exec(), input=command.stdin, capture_output=True, check=False)
    except OSError as exc:
        raise ConfigError(f"{command.argv[0]}: {exc.strerror}", hint="script/setup installs it") from exc
    return Result(
        command, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    )
