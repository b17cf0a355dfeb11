"""RabbitMQs on container hosts without nodes beside them: how they get there, and what they are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO

from beamwright import units
from beamwright.artifact import Artifact
from beamwright.artifact.delta import Delta
from beamwright.command import command
from beamwright.fleet import Host
from beamwright.rollout.cluster import parse_members
from beamwright.rollout.crew import Crew, all_of
from beamwright.rollout.operation import perform
from beamwright.rollout.parcel import Parcel, Shipment, parcel
from beamwright.units.rabbitmq import sidecar_secret_files

UNIT = "beamwright-rabbitmq.service"

FLEET = """\
inventory = "inventory.toml"
secrets = "secrets"
[project]
name = "courier"
tool = "mix"
[node]
ports = { http = 8080 }
[ssh]
user = "deploy"
key = "id_ed25519"
known_hosts = "known_hosts"
[clusters.ams.hosts.ams1]
[clusters.ams.hosts.ams2]
[clusters.ams.hosts.ams3]
"""

CUT = 8 << 20


@dataclass(frozen=True)
class Breaking(Parcel):
    """A parcel over which the connection is lost once, after 8 MiB; `opened` has where tries began."""

    cut: Callable[[], None]
    opened: list[int] = field(default_factory=list)

    def _from(self, begin: int) -> Iterator[IO[bytes]]:
        self.opened.append(begin)
        if len(self.opened) == 1:
            with Parcel(self.parts, self.size, self.sha256).open() as stream:
                yield BytesIO(stream.read(CUT))
            self.cut()
        yield from super()._from(begin)


def deploy(crew: Crew, host: Host, rabbitmq: Artifact) -> None:
    """Brings it to the host, over a connection that breaks."""
    files = (*units.render(crew.fleet, host), *sidecar_secret_files(crew.fleet))
    own = tuple(file for file in files if "rabbitmq" in file.path)
    whole = Shipment(rabbitmq, Delta(None, rabbitmq.manifest().entries))

    def do(*verb: str, sent: Parcel | None = None) -> list[int]:
        counted = list[int]()
        crew.demand(host, perform(crew, host.name, verb, 600.0, sent, counted.append))
        return counted

    packed = parcel(whole)
    broken = Breaking(packed.parts, packed.size, packed.sha256, crew.targets[host.name].close)
    counted = do("stage", "rabbitmq", rabbitmq.release_id, "-", "newer", sent=broken)
    # What had come before the connection was lost has not been sent again.
    assert len(broken.opened) == 2 and 0 < broken.opened[1] <= CUT
    assert sum(counted) == packed.size
    do("install", "rabbitmq", sent=parcel(own))
    do("switch", "rabbitmq", rabbitmq.release_id)
    do("restart", "rabbitmq", UNIT)
    do("confirm", "rabbitmq", rabbitmq.release_id)


def sudo(crew: Crew, host: Host, *argv: str, stdin: bytes = b"") -> str:
    """What root is told there."""
    return crew.run(host, command("sudo", "-n", *argv, stdin=stdin), timeout=120.0).stdout


def systemctl(crew: Crew, verb: str, *hosts: Host) -> None:
    """The same on all hosts at once."""
    all_of(crew.each(lambda host: sudo(crew, host, "systemctl", verb, UNIT), hosts))


def is_whole(crew: Crew) -> bool:
    """Every RabbitMQ sees every other."""
    every = frozenset(host.name for host in crew.hosts)
    return set(crew.each(lambda host: members(crew, host)).values()) == {every}


def members(crew: Crew, host: Host) -> frozenset[str]:
    """Whom a RabbitMQ sees at work."""
    return parse_members(crew.run(host, crew.helper.call("members", "rabbitmq")).stdout)


def cli(crew: Crew, host: Host, *words: str) -> None:
    """A program of RabbitMQ's, as the helper runs it."""
    script = 'set -- "$@"; . /dev/stdin; use_app rabbitmq; rabbitmq "$@"'
    above, _, verb_and_below = crew.helper.script.partition(b"\n[ $# -gt 0 ]")
    below = verb_and_below.partition(b"# shellcheck shell=sh")[2]
    library = above + below.removesuffix(b'"$verb" "$@"\n')
    sudo(crew, host, "sh", "-c", script, "sh", *words, stdin=library)
