"""Hooks: executables in the project's `hooks/` folder, run here by the deployer.

before        once, before anything is changed; failing, it ends the roll-out
before-host   before each host's turn; failing, it fails the host
after-host    when the host's nodes are healthy; failing, it fails the host
after         once, when all is confirmed; failing, it is told, exit code 8
failed        once, when the roll-out has not done what it should

Each finds in its environment:

BEAMWRIGHT_FLEET, _PROJECT, _PLAYBOOK, _VERSION, _DIGEST, _DEPLOYER    what is done, and who does it
BEAMWRIGHT_HOSTS                                                       names, comma-separated
BEAMWRIGHT_HOST, _ADDRESS, _CLUSTER, _NODES                            before-host and after-host
BEAMWRIGHT_OUTCOME, _ERROR                                             failed
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from beamwright.command import Command
from beamwright.errors import BeamwrightError, ConfigError
from beamwright.fleet import Fleet, Host
from beamwright.rollout.events import Event, Watcher
from beamwright.rollout.plan import HOOK_SECONDS
from beamwright.transport import LocalTarget

NAMES = ("before", "before-host", "after-host", "after", "failed")


def find(folder: Path) -> dict[str, Path]:
    """The project's hooks by name; ConfigError for one that can't be run, or is called otherwise."""
    found = {}
    for path in sorted((folder / "hooks").glob("*")):
        if path.suffix in (".sample", ".md") or path.is_dir():
            continue
        if path.name not in NAMES:
            raise ConfigError(f"{path}: there is no such hook", hint=f"hooks are called {', '.join(NAMES)}")
        if not os.access(path, os.X_OK):
            raise ConfigError(f"{path}: is not executable", hint=f"chmod +x {path}")
        found[path.name] = path
    return found


def about(fleet: Fleet, hosts: Iterable[Host], **values: str) -> dict[str, str]:
    """The variables that every hook gets; `values` are added in capitals."""
    return {
        "BEAMWRIGHT_FLEET": str(fleet.path),
        "BEAMWRIGHT_PROJECT": fleet.project.name,
        "BEAMWRIGHT_HOSTS": ",".join(host.name for host in hosts),
        **{f"BEAMWRIGHT_{name.upper()}": value for name, value in values.items()},
    }


def about_host(host: Host) -> dict[str, str]:
    """The variables of one host."""
    return {
        "BEAMWRIGHT_HOST": host.name,
        "BEAMWRIGHT_ADDRESS": host.address or "",
        "BEAMWRIGHT_CLUSTER": host.cluster,
        "BEAMWRIGHT_NODES": ",".join(node.name for node in host.nodes),
    }


def run(path: Path, variables: Mapping[str, str], watch: Watcher, host: str = "") -> str:
    """Runs a hook, tells its lines; "" when it ended well, else how it ended."""
    try:
        result = LocalTarget(path.name, apart=True).run(
            Command((str(path),), env=tuple(variables.items())),
            timeout=HOOK_SECONDS,
            on_line=lambda line: watch(Event("detail", line, host)),
        )
    except BeamwrightError as error:
        return error.message
    return "" if result.ok else f"exit code {result.exit_code}: {result.tail(5)}".strip(": ")
