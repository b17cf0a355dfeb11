"""What hosts need before they can run images: podman, in a version that knows what the units ask for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from beamwright.command import command
from beamwright.errors import ConfigError
from beamwright.fleet import Fleet, Host
from beamwright.rollout.crew import Crew, all_of

_LEAST = (4, 3)

_ASK = """for program; do printf '%s\\n' "$("$program" --version 2>/dev/null | head -n 1)"; done"""
"""Prints a line for each program, an empty one where there is none."""


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
    versions = dict(zip(wanted, said, strict=True))
    missing = (f"{name} is not installed" for name in wanted[1:] if not versions[name])
    return tuple(filter(None, (fault_of(versions["podman"]), *missing)))


def hint(fleet: Fleet) -> str:
    """The command that mends it."""
    wanted = " ".join(programs(fleet))
    return f'on Debian: apt-get install {wanted}; deploy.artifact = "tarball" needs nothing'


def fault_of(version: str) -> str:
    """What is wrong with a host where `podman --version` prints that; nothing when it will do."""
    numbers = re.search(r"(\d+)\.(\d+)", version)
    if numbers is None:
        return "podman is not installed"
    if (int(numbers[1]), int(numbers[2])) < _LEAST:
        return f"podman {numbers[0]} is older than {'.'.join(map(str, _LEAST))}"
    return ""
