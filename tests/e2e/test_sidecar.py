"""Two RabbitMQs on two hosts become one cluster, and are one again whatever is stopped."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO

import pytest

from beamwright import fleet as fleets
from beamwright import local, units
from beamwright.artifact import Artifact, sidecar
from beamwright.artifact.delta import Delta
from beamwright.command import command
from beamwright.fleet import Host, secrets
from beamwright.rollout.bootstrap import install
from beamwright.rollout.cluster import parse_members
from beamwright.rollout.crew import Crew, all_of
from beamwright.rollout.lock import locked
from beamwright.rollout.operation import perform
from beamwright.rollout.parcel import Parcel, Shipment, parcel
from beamwright.toolchain.sidecar import make_root
from beamwright.units.rabbitmq import sidecar_secret_files
from tasks import CACHE

pytestmark = [pytest.mark.e2e, pytest.mark.docker]

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


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    """Two fresh hosts with RabbitMQ and nothing else."""
    file = tmp_path_factory.mktemp("sidecar") / "fleet.toml"
    file.write_text(FLEET, "utf-8")
    try:
        local.up(fleets.load(file), print)
        fleet = fleets.load(file)
        rabbitmq = sidecar.build(make_root, CACHE, print)
        with Crew(fleet, fleet.hosts) as crew:
            all_of(crew.each(lambda host: crew.run(host, install(crew.helper, {}))))
            with locked(crew, "tests", lambda _: None):
                # At once: a blank member of a cluster waits for a second one before it is ready.
                all_of(crew.each(lambda host: _deploy(crew, host, rabbitmq)))
            yield crew
    finally:
        local.down(fleets.load(file), print)


def _deploy(crew: Crew, host: Host, rabbitmq: Artifact) -> None:
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
    do("confirm", "rabbitmq")


def _sudo(crew: Crew, host: Host, *argv: str, stdin: bytes = b"") -> str:
    return crew.run(host, command("sudo", "-n", *argv, stdin=stdin), timeout=120.0).stdout


def _systemctl(crew: Crew, verb: str, *hosts: Host) -> None:
    """The same on all hosts at once."""
    all_of(crew.each(lambda host: _sudo(crew, host, "systemctl", verb, UNIT), hosts))


def _is_whole(crew: Crew) -> bool:
    """Every RabbitMQ sees every other."""
    members = frozenset(host.name for host in crew.hosts)
    answers = crew.each(lambda host: crew.run(host, crew.helper.call("members", "rabbitmq")).stdout)
    return all(isinstance(answer, str) and parse_members(answer) == members for answer in answers.values())


def _can_log_in(crew: Crew, host: Host, user: str, password: str) -> bool:
    """Whether RabbitMQ goes on to connection.tune after this connection.start-ok (AMQP 0-9-1, 4.2, 1.4.2)."""
    response = f"\0{user}\0{password}".encode()
    start_ok = struct.pack(">HHI", 10, 11, 0) + b"\x05PLAIN"
    start_ok += struct.pack(">I", len(response)) + response + b"\x05en_US"
    sent = b"AMQP\0\0\x09\x01" + struct.pack(">BHI", 1, 0, len(start_ok)) + start_ok + b"\xce"
    talk = (
        f"exec 3<>/dev/tcp/127.0.0.1/{crew.fleet.sidecar.port}; cat >&3; timeout 2 cat <&3 | od -An -v -tx1"
    )
    heard = crew.targets[host.name].run(command("bash", "-c", talk, stdin=sent)).stdout
    return struct.pack(">HH", 10, 30).hex(" ") in " ".join(heard.split())


def test_both_are_one_cluster(crew: Crew) -> None:
    assert _is_whole(crew)


def test_the_nodes_user_can_log_in_and_nobody_else(crew: Crew) -> None:
    host = crew.hosts[0]
    password = secrets.read(crew.fleet.amqp_password).reveal()
    assert _can_log_in(crew, host, "courier", password)
    assert not _can_log_in(crew, host, "courier", "wrong")
    assert not _can_log_in(crew, host, "guest", "guest")
    users = json.loads(crew.run(host, crew.helper.call("users", "rabbitmq")).stdout)
    assert [user["user"] for user in users] == ["courier"]


def test_the_sandbox_is_tight(crew: Crew) -> None:
    text = _sudo(crew, crew.hosts[0], "systemd-analyze", "security", "--no-pager", UNIT)
    assert float(text.rpartition("exposure level for")[2].split()[1]) <= 1.5


def test_nothing_listens_but_amqp_and_the_cluster(crew: Crew) -> None:
    host = crew.hosts[0]
    lines = _sudo(crew, host, "ss", "-Hltnp").splitlines()
    listening = {line.split()[3] for line in lines if "beam.smp" in line or "epmd" in line}
    assert listening == {
        f"127.0.0.1:{crew.fleet.sidecar.port}",
        f"{host.where()}:{crew.fleet.sidecar.dist_port}",
    }


def test_one_that_is_restarted_comes_back(crew: Crew) -> None:
    began = time.monotonic()
    _systemctl(crew, "stop", crew.hosts[1])
    assert time.monotonic() - began < 20
    assert "Result=success" in _sudo(crew, crew.hosts[1], "systemctl", "show", "--property=Result", UNIT)
    assert not _is_whole(crew)
    _systemctl(crew, "start", crew.hosts[1])
    assert _is_whole(crew)


def test_one_that_is_killed_comes_back_by_itself(crew: Crew) -> None:
    _sudo(crew, crew.hosts[0], "systemctl", "kill", "--signal=KILL", "--kill-whom=main", UNIT)
    deadline = time.monotonic() + 60
    while not _is_whole(crew):
        assert time.monotonic() < deadline
        time.sleep(1)


def test_all_of_them_can_stop_and_start(crew: Crew) -> None:
    _systemctl(crew, "stop", *crew.hosts)
    _systemctl(crew, "start", *crew.hosts)
    assert _is_whole(crew)


QUEUE = """\
Name = {resource, <<"/">>, queue, <<"held">>},
Quorum = [{<<"x-queue-type">>, longstr, <<"quorum">>}],
{new, _} = rabbit_amqqueue:declare(Name, true, false, Quorum, none, <<"courier">>)."""


def _cli(crew: Crew, host: Host, *words: str) -> None:
    """A program of RabbitMQ's, as the helper runs it."""
    script = 'set -- "$@"; . /dev/stdin; use_app rabbitmq; rabbitmq "$@"'
    library = crew.helper.script.partition(b"\n[ $# -gt 0 ]")[0]
    _sudo(crew, host, "sh", "-c", script, "sh", *words, stdin=library)


def test_one_that_a_queue_needs_is_told_and_a_restart_sends_clients_away_first(crew: Crew) -> None:
    first, second = crew.hosts
    _cli(crew, first, "rabbitmqctl", "eval", QUEUE)
    critical = crew.helper.call("critical", "rabbitmq")
    assert "'held' in vhost '/' will become unavailable" in crew.run(first, critical).stdout
    _cli(crew, second, "rabbitmq-upgrade", "drain")
    assert parse_members(crew.run(first, crew.helper.call("members", "rabbitmq")).stdout) == {"ams1"}
    assert crew.run(second, critical).stdout.startswith("0 ")
    with locked(crew, "tests", lambda _: None):
        crew.demand(second, perform(crew, second.name, ("restart", "rabbitmq", UNIT), 600.0))
    journal = crew.run(second, crew.helper.call("history", "rabbitmq")).stdout
    steps = [line.split(" ", 3)[3] for line in journal.splitlines()]
    assert steps[-2:] == [f"drained {UNIT}", f"restarted {UNIT}"]
    assert _is_whole(crew)


def test_the_release_stays_as_it_was_unpacked(crew: Crew) -> None:
    host = crew.hosts[0]
    changed = _sudo(crew, host, "find", "-L", "/opt/beamwright/rabbitmq/current/", "-newermt", "1980-01-02")
    assert changed.split() == ["/opt/beamwright/rabbitmq/current/"]
