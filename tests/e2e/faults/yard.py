"""The hosts that faults strike: containers, looked at from outside, whatever their network does."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT
from typing import Any

import docker
from docker.models.containers import Container

from beamwright import fleet as fleets
from beamwright import local
from beamwright.artifact import Artifact
from beamwright.fleet import Fleet
from beamwright.local.container import owned
from beamwright.local.identity import HOST_LABEL
from beamwright.local.ready import wait_for_sshd, wait_until_booted
from beamwright.rollout import HostFacts
from beamwright.rollout.facts import App, parse_facts
from tests.e2e.faults.deployment import Deployment, Told, deploying
from tests.e2e.faults.fleet_file import LEASE_SECONDS, fleet_text
from tests.e2e.faults.link import Link, link
from tests.e2e.faults.steps import Step

HELPER = "/opt/beamwright/host"
BASE = "/opt/beamwright/bolt"
UNIT = "bolt@1.service"
_SPACES = ("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd")
_ROOT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


@dataclass
class Yard:
    """A fleet in a folder. `goal` is the artifact that is deployed now; one of three is on no host."""

    folder: Path
    client: docker.DockerClient
    artifacts: tuple[Artifact, ...]
    hosts: int = 2
    round: int = 0
    deploy_settings: dict[str, str] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """fleet.toml."""
        return self.folder / "fleet.toml"

    @property
    def fleet(self) -> Fleet:
        """The fleet as its file and inventory are now."""
        return fleets.load(self.file)

    @property
    def names(self) -> tuple[str, ...]:
        """The hosts."""
        return tuple(f"ams{number}" for number in range(1, self.hosts + 1))

    @property
    def goal(self) -> Artifact:
        """What this round brings."""
        return self.artifacts[self.round % len(self.artifacts)]

    def next_round(self) -> None:
        """Another release and another setting: everything is to be done."""
        self.round += 1
        self.write()

    def write(self, **settings: dict[str, str]) -> None:
        """The fleet file of this round: `env`, `node` and `deploy` as of `fleet_text`."""
        env = {"ROUND": str(self.round), **settings.pop("env", {})}
        settings["deploy"] = {**self.deploy_settings, **settings.get("deploy", {})}
        self.file.write_text(fleet_text(self.hosts, env, **settings), "utf-8")

    def up(self) -> None:
        """Brings the hosts up, or up again."""
        local.up(self.fleet, lambda _: None)

    @contextmanager
    def deploying(self, at: Step | None = None, **options: Any) -> Iterator[Deployment]:
        """A deploy of the round's release, met at a step."""
        folder = options.pop("folder", self.goal.folder)
        links = {name: link.port for name, link in self.links.items()}
        with deploying(self.file, folder, at, links=links, **options) as deployment:
            yield deployment

    @contextmanager
    def linked(self) -> Iterator[None]:
        """Deployers reach the hosts by way of `links` as long as this lasts."""
        known_hosts = self.fleet.ssh.known_hosts
        keys = known_hosts.read_text("utf-8")
        with ExitStack() as stack:
            stack.callback(known_hosts.write_text, keys, "utf-8")
            stack.callback(self.links.clear)
            for host in self.fleet.hosts:
                made = self.links[host.name] = stack.enter_context(link(host.where()))
                key = next(
                    line.split(" ", 1)[1] for line in keys.splitlines() if line.startswith(f"{host.where()} ")
                )
                with known_hosts.open("a", encoding="utf-8") as file:
                    file.write(f"[127.0.0.1]:{made.port} {key}\n")
            yield

    def deploy(self, **options: Any) -> Told:
        """The same, to its end."""
        with self.deploying(**options) as deployment:
            return deployment.end()

    def container(self, name: str) -> Container:
        """The container of a host."""
        found = {each.labels[HOST_LABEL]: each for each in owned(self.client, self.fleet)}
        return found[name]

    def on(self, name: str, script: str) -> str:
        """What a script prints as root on a host: past SSH, and past the Engine, which may lose output."""
        process = str(self.container(name).attrs["State"]["Pid"])
        ended = subprocess.run(
            ["nsenter", "--target", process, *_SPACES, "sh", "-ec", script],
            env=_ROOT, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, check=False,
        )  # fmt: skip
        output = ended.stdout.decode(errors="replace")
        assert ended.returncode == 0, f"{name}: {script}: {output}"
        return output

    def cut_power(self, name: str) -> None:
        """Off, at once, and on again."""
        container = self.container(name)
        container.kill()
        container.start()

    def boot(self) -> None:
        """Returns when every host has booted and can be reached."""
        for host in self.fleet.hosts:
            wait_until_booted(self.container(host.name), host.name)
            wait_for_sshd(host.where(), 22, host.name)

    def facts(self) -> dict[str, HostFacts]:
        """What all hosts say of themselves."""
        return {name: self.look(name) for name in self.names}

    def look(self, name: str) -> HostFacts:
        """What a host says of itself, past SSH."""
        return parse_facts(self.on(name, f"{HELPER} facts bolt"))

    def app(self, name: str) -> App:
        """What is on one of them of the application."""
        return self.look(name).apps["bolt"]

    def journal(self, name: str) -> list[str]:
        """What was done on a host, line by line, without time, fence and who."""
        lines = self.on(name, f"cat {BASE}/journal").splitlines()
        return [line.split(" ", 3)[3] for line in lines]


def until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Waits for something that has to come; a busy machine takes its time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not after {seconds:g} s: {what}"
        time.sleep(0.3)


PATIENCE = 2.0 * LEASE_SECONDS + 60.0
"""Seconds in which a host has gone back by itself: a lease, a look at it every few seconds, and a restart."""
