"""What hosts need before they can run images: podman, in a version that knows what the units ask for."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from beamwright.command import command
from beamwright.errors import ConfigError
from beamwright.fleet import Fleet, Host
from beamwright.rollout.crew import Crew, all_of

_LEAST = (4, 3)

_ASK = """for program; do
    command -v "$program" >/dev/null || { echo absent; continue; }
    how=runs
    said=$("$program" --version 2>/dev/null) || {
        how=fails
        said=$("$program" --version 2>&1) || said=${said:-exit code $?}
    }
    printf '%s %s\\n' "$how" "${said%%
*}"
done"""
"""Prints a line for each program: absent, or runs or fails with the first line that it printed."""


def demand(crew: Crew, hosts: Sequence[Host]) -> None:
    """ConfigError that names the hosts which can't run the fleet's images; a fleet of trees asks nothing."""
    if not programs(crew.fleet):
        return
    found = all_of(crew.each(lambda host: faults(crew, host), hosts))
    told = [f"{name}: {fault}" for name, each in found.items() for fault in each]
    if told:
        raise ConfigError(
            f"{len(told)} things keep hosts from running images, nothing was changed: {told[0]}",
            hint=hint(crew.fleet),
            detail="\n".join(told),
        )


def programs(fleet: Fleet) -> tuple[str, ...]:
    """What hosts are asked for: nothing where they run trees."""
    if fleet.deploy.artifact != "oci":
        return ()
    return ("podman", "skopeo") if fleet.registry.pull else ("podman",)


def faults(crew: Crew, host: Host) -> tuple[str, ...]:
    """What keeps the host from running the fleet's images, in one call of it."""
    if not (wanted := programs(crew.fleet)):
        return ()
    said = crew.run(host, command("sh", "-c", _ASK, "sh", *wanted)).stdout.splitlines()
    return tuple(filter(None, itertools.starmap(fault_of, zip(wanted, said, strict=True))))


def hint(fleet: Fleet) -> str:
    """The command that mends it."""
    wanted = " ".join(programs(fleet))
    return f'on Debian: apt-get install {wanted}; deploy.artifact = "tarball" needs nothing'


def fault_of(program: str, said: str) -> str:
    """What is wrong with a program that a host says that of; nothing when it will do."""
    how, _, line = said.partition(" ")
    if how != "runs":
        return f"{program} fails: {line}" if how == "fails" else f"{program} is not installed"
    if program != "podman":
        return ""
    numbers = re.search(r"(\d+)\.(\d+)", line)
    if numbers is None:
        return f"podman tells no version: {line}"
    if (int(numbers[1]), int(numbers[2])) < _LEAST:
        return f"podman {numbers[0]} is older than {'.'.join(map(str, _LEAST))}"
    return ""
