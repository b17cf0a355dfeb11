"""The flags of the command line: what each of them says, and groups that several tasks take."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any

FLEET = "fleet.toml"

HELP = {
    "fleet": "the fleet file",
    "hosts": "names, globs and @clusters, comma-separated; without it the whole fleet",
    "dry_run": "say what would be done, and do nothing",
    "json": "the outcome as JSON, alone on standard output",
    "yes": "do not ask",
    "name": "a module of benchmarks/: size, build, deploy",
    "runs": "how many rounds; without it the benchmark's own number",
    "write": "put the tables into the README and docs/benchmarks.md",
    "against": "a folder in dist/ or elsewhere, or a version in dist/; without it the build before",
    "check": "build what is in dist/ again, from cold, and compare; exit code 3 when it is not the same",
    "build": "a folder, or a version in dist/; without it the newest build",
    "kind": "tarball, oci, docker or all",
    "out": "folder to write the units to, or file to write the plan to",
    "to": "rollback: the release's id or version, else the one before; push: REGISTRY/REPOSITORY[:TAG]",
    "login": "who logs in for it: root, or a user that may sudo everything; without it ssh.user",
    "lines": "how many of the last lines",
    "follow": "go on with what comes",
    "sidecar": "RabbitMQ's instead of the nodes'",
    "node": "a node's name, such as courier1@ams1",
    "expression": "Elixir or Erlang, evaluated on the node; - reads it from standard input",
    "places": "a JSON array: host, address, port and host key of each machine",
    "watch": "again every two seconds, until Ctrl-C",
    "batch": "hosts at once, batch after batch: 1,25%,100%; else deploy.batch of the fleet file",
    "max_fail": "how many hosts, or which share, may fail; else deploy.max_fail",
    "on_fail": "revert or stop; else deploy.on_fail",
    "min_ready": "how many nodes of a cluster stay ready, or which share; else deploy.min_ready",
    "skip_down": "go on without hosts that do not answer; they are named, exit code 4",
    "wait": "seconds to wait for another deployer to end",
    "older": "take a build that is older than what the hosts had in use",
    "again": "try a release where it has failed before",
    "playbook": "another playbook, such as one of yours in playbooks/NAME.py",
    "plan": "do what this plan says, written by `plan --out`, or nothing",
}


@dataclass(frozen=True)
class Pace:
    """Which hosts, how many at once, and how far past those that fail; "" is as the fleet file says."""

    hosts: str = ""
    batch: str = ""
    max_fail: str = ""
    on_fail: str = ""
    min_ready: str = ""
    skip_down: bool = False
    fleet: str = FLEET
    json: bool = False

    @property
    def deploy(self) -> dict[str, str]:
        """Those that have a key in [deploy]."""
        return {
            "batch": self.batch,
            "max_fail": self.max_fail,
            "on_fail": self.on_fail,
            "min_ready": self.min_ready,
        }


@dataclass(frozen=True)
class Way:
    """What is brought into use, and by which playbook."""

    playbook: str = ""
    again: bool = False
    older: bool = False


@dataclass(frozen=True)
class Change:
    """How a task goes about it that changes hosts."""

    wait: str = "0"
    dry_run: bool = False
    yes: bool = False


def flat(function: Callable[..., None]) -> inspect.Signature:
    """The signature of a task, with the fields of each group in the place of the group."""
    found: list[inspect.Parameter] = []
    for parameter in _parameters(function):
        group = _group(parameter)
        found += inspect.signature(group).parameters.values() if group else (parameter,)
    return inspect.Signature(found)


def grouped(function: Callable[..., None], given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a task as its own signature wants them, from those of the flat one."""
    rest, groups = dict(given), dict[str, Any]()
    for parameter in _parameters(function):
        if group := _group(parameter):
            names = [name for name in inspect.signature(group).parameters if name in rest]
            groups[parameter.name] = group(**{name: rest.pop(name) for name in names})
    return rest | groups


def _parameters(function: Callable[..., None]) -> Iterable[inspect.Parameter]:
    return inspect.signature(function, eval_str=True).parameters.values()


def _group(parameter: inspect.Parameter) -> type[Any] | None:
    """The group that a parameter stands for."""
    kind = parameter.annotation
    return kind if isinstance(kind, type) and is_dataclass(kind) else None
