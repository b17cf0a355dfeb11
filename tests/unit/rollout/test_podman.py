"""Hosts of a fleet that runs images are asked for podman, once each: before a roll-out, and by doctor."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from beamwright.command import Command
from beamwright.errors import ConfigError
from beamwright.fleet import Fleet, Host
from beamwright.rollout import podman, reach
from beamwright.rollout.crew import Crew
from beamwright.transport import FakeTarget
from beamwright.transport.fake import Answer
from tests.unit.rollout.conftest import SHELLS

FACTS = "helper -\narch x86_64\nsystemd 252\nfree_kb 9000\napp courier\ncurrent -\nprevious -\n"
GOOD = "runs podman version 4.3.1\n"
PULL = 'artifact = "oci"\n[registry]\nrepository = "reg.example/shop"\npull = true'


@dataclass
class Hosts:
    """Answer what their programs print; `asked` counts the calls of them, looks aside."""

    says: dict[str, str]
    asked: list[str] = field(default_factory=list)

    def connect(self, host: Host) -> FakeTarget:
        def answer(command: Command) -> Answer:
            if "--version" not in (argv := command.argv_clear())[2]:
                return FACTS
            self.asked.append(f"{host.name}: {' '.join(argv[4:])}")
            return self.says[host.name]

        return FakeTarget(host.name, answer)


def fleet_of(make_fleet: Callable[..., Fleet], deploy: str) -> Fleet:
    return make_fleet(("soak_seconds = 0", f"soak_seconds = 0\n{deploy}"))


def test_a_fleet_of_trees_asks_nothing(make_fleet: Callable[..., Fleet]) -> None:
    fleet, hosts = fleet_of(make_fleet, ""), Hosts({})
    with Crew(fleet, fleet.hosts, hosts.connect) as crew:
        podman.demand(crew, fleet.hosts)
    assert [text for text, _ in reach(fleet, fleet.hosts, hosts.connect)] == [
        f"ams{number} answers, and its key is known" for number in (1, 2)
    ]
    assert hosts.asked == []


def test_every_host_is_asked_once_and_all_that_lacks_is_told(make_fleet: Callable[..., Fleet]) -> None:
    fleet = fleet_of(make_fleet, PULL)
    hosts = Hosts(
        {"ams1": "runs podman version 4.2.0\nruns skopeo version 1.9.3\n", "ams2": f"{GOOD}absent\n"}
    )
    with (
        Crew(fleet, fleet.hosts, hosts.connect) as crew,
        pytest.raises(ConfigError, match="2 things keep") as told,
    ):
        podman.demand(crew, fleet.hosts)
    assert told.value.detail.splitlines() == [
        "ams1: podman 4.2 is older than 4.3",
        "ams2: skopeo is not installed",
    ]
    assert "apt-get install podman skopeo" in told.value.hint
    assert sorted(hosts.asked) == ["ams1: podman skopeo", "ams2: podman skopeo"]


def test_doctor_says_which_hosts_can_run_images(make_fleet: Callable[..., Fleet]) -> None:
    fleet, hosts = fleet_of(make_fleet, 'artifact = "oci"'), Hosts({"ams1": GOOD, "ams2": "absent\n"})
    told = {text: error and error.message for text, error in reach(fleet, fleet.hosts, hosts.connect)}
    assert told == {
        "ams1 answers, and its key is known": None,
        "ams1 can run images": None,
        "ams2 answers, and its key is known": None,
        "ams2 can run images": "ams2: podman is not installed",
    }


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("program", "fault"),
    [
        ("echo warning >&2; echo podman version 4.3.1; echo more", ""),
        (
            "echo podman: error while loading >&2; echo more >&2; exit 127",
            "podman fails: podman: error while loading",
        ),
        ("exit 3", "podman fails: exit code 3"),
        (None, "podman is not installed"),
    ],
)
def test_one_that_is_there_but_fails_is_told_by_what_it_says(
    make_fleet: Callable[..., Fleet], tmp_path: Path, shell: list[str], program: str | None, fault: str
) -> None:
    (folder := tmp_path / "bin").mkdir()
    if program is not None:
        (folder / "podman").write_text(f"#!/bin/sh\n{program}\n")
        (folder / "podman").chmod(0o755)

    def answer(command: Command) -> Answer:
        argv = [str(shutil.which(shell[0])), *shell[1:], *command.argv_clear()[1:]]
        env = {"PATH": str(folder)}
        return subprocess.run(argv, env=env, capture_output=True, text=True, check=True).stdout

    fleet = fleet_of(make_fleet, 'artifact = "oci"')
    with Crew(fleet, fleet.hosts, lambda host: FakeTarget(host.name, answer)) as crew:
        assert podman.faults(crew, fleet.hosts[0]) == ((fault,) if fault else ())
