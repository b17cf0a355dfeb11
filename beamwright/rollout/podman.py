"""What hosts need before they can run images: podman, in a version that knows what the units ask for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from beamwright.command import command
from beamwright.errors import ConfigError
from beamwright.fleet import Host
from beamwright.rollout.crew import Crew, all_of

_LEAST = (4, 3)
_ABSENT = 127
"""What a shell exits with when there is no such program."""


def demand(crew: Crew, hosts: Sequence[Host]) -> None:
    """ConfigError that names the hosts which can't run the fleet's images; a fleet of trees asks nothing."""
    if crew.fleet.deploy.artifact != "oci":
        return
    found = all_of(crew.each(lambda host: _version(crew, host, "podman"), hosts))
    faults = [f"{name}: {fault}" for name, version in found.items() if (fault := fault_of(version))]
    programs = "podman"
    if crew.fleet.registry.pull:
        programs = "podman skopeo"
        found = all_of(crew.each(lambda host: _version(crew, host, "skopeo"), hosts))
        faults += [f"{name}: skopeo is not installed" for name, version in found.items() if not version]
    if faults:
        raise ConfigError(
            f"{len(faults)} things keep hosts from running images, nothing was changed: {faults[0]}",
            hint=f'on Debian: apt-get install {programs}; deploy.artifact = "tarball" needs nothing',
            detail="\n".join(faults),
        )


def fault_of(version: str) -> str:
    """What is wrong with a host where `podman --version` prints that; nothing when it will do."""
    numbers = re.search(r"(\d+)\.(\d+)", version)
    if numbers is None:
        return "podman is not installed"
    if (int(numbers[1]), int(numbers[2])) < _LEAST:
        return f"podman {numbers[0]} is older than {'.'.join(map(str, _LEAST))}"
    return ""


def _version(crew: Crew, host: Host, program: str) -> str:
    """What the program says of itself, "" where there is none."""
    result = crew.targets[host.name].run(command("sh", "-c", f"exec {program} --version"))
    return "" if result.exit_code == _ABSENT else crew.demand(host, result).stdout
