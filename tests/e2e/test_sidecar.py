"""Three RabbitMQs on three hosts become one cluster, and are one again whatever is stopped."""

from __future__ import annotations

import json
import struct
import threading
import time
from collections.abc import Iterator, Mapping

import pytest

from beamwright import fleet as fleets
from beamwright import local
from beamwright.artifact import sidecar
from beamwright.command import command
from beamwright.fleet import Host, secrets
from beamwright.rollout.bootstrap import install
from beamwright.rollout.crew import Crew, all_of
from beamwright.rollout.events import Event, Watcher
from beamwright.rollout.facts import HostFacts
from beamwright.rollout.goal import SIDECAR, Goal, as_it_is
from beamwright.rollout.lock import locked
from beamwright.rollout.plan import Playbook, Step
from beamwright.rollout.report import About
from beamwright.rollout.roll_out import Order, roll_out
from beamwright.rollout.steps import roll_sidecars
from beamwright.toolchain.sidecar import make_root
from tasks import CACHE
from tests.e2e.rabbitmq import FLEET, UNIT, cli, deploy, is_whole, members, sudo, systemctl

pytestmark = [pytest.mark.e2e, pytest.mark.docker]


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    """Three fresh hosts with RabbitMQ and nothing else."""
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
                all_of(crew.each(lambda host: deploy(crew, host, rabbitmq)))
            yield crew
    finally:
        local.down(fleets.load(file), print)


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


def test_all_are_one_cluster(crew: Crew) -> None:
    assert is_whole(crew)


def test_the_nodes_user_can_log_in_and_nobody_else(crew: Crew) -> None:
    host = crew.hosts[0]
    password = secrets.read(crew.fleet.amqp_password).reveal()
    assert _can_log_in(crew, host, "courier", password)
    assert not _can_log_in(crew, host, "courier", "wrong")
    assert not _can_log_in(crew, host, "guest", "guest")
    users = json.loads(crew.run(host, crew.helper.call("users", "rabbitmq")).stdout)
    assert [user["user"] for user in users] == ["courier"]


def test_the_sandbox_is_tight(crew: Crew) -> None:
    text = sudo(crew, crew.hosts[0], "systemd-analyze", "security", "--no-pager", UNIT)
    assert float(text.rpartition("exposure level for")[2].split()[1]) <= 1.5


def test_nothing_listens_but_amqp_and_the_cluster(crew: Crew) -> None:
    host = crew.hosts[0]
    lines = sudo(crew, host, "ss", "-Hltnp").splitlines()
    listening = {line.split()[3] for line in lines if "beam.smp" in line or "epmd" in line}
    assert listening == {
        f"127.0.0.1:{crew.fleet.sidecar.port}",
        f"{host.where()}:{crew.fleet.sidecar.dist_port}",
    }


def test_one_that_is_restarted_comes_back(crew: Crew) -> None:
    began = time.monotonic()
    systemctl(crew, "stop", crew.hosts[1])
    assert time.monotonic() - began < 20
    assert "Result=success" in sudo(crew, crew.hosts[1], "systemctl", "show", "--property=Result", UNIT)
    assert not is_whole(crew)
    systemctl(crew, "start", crew.hosts[1])
    assert is_whole(crew)


def test_one_that_is_killed_comes_back_by_itself(crew: Crew) -> None:
    sudo(crew, crew.hosts[0], "systemctl", "kill", "--signal=KILL", "--kill-whom=main", UNIT)
    deadline = time.monotonic() + 60
    while not is_whole(crew):
        assert time.monotonic() < deadline
        time.sleep(1)


def test_all_of_them_can_stop_and_start(crew: Crew) -> None:
    systemctl(crew, "stop", *crew.hosts)
    systemctl(crew, "start", *crew.hosts)
    assert is_whole(crew)


QUEUE = """\
Name = {resource, <<"/">>, queue, <<"held">>},
Quorum = [{<<"x-queue-type">>, longstr, <<"quorum">>}],
{new, _} = rabbit_amqqueue:declare(Name, true, false, Quorum, none, <<"courier">>)."""


def roll(crew: Crew, watch: Watcher) -> None:
    """Restarts the RabbitMQs of the crew by the step that every roll-out has for them."""

    def goals(found: Mapping[str, HostFacts]) -> dict[tuple[str, str], Goal]:
        hosts = crew.hosts
        return {(h.name, SIDECAR): as_it_is(crew.fleet, h, SIDECAR, found[h.name], again=True) for h in hosts}

    playbook = Playbook("sidecars", (Step("sidecars", roll_sidecars),))
    roll_out(crew, Order(playbook, goals, About("")), watch)


def test_none_stops_while_a_queue_needs_it_and_clients_are_sent_away_first(crew: Crew) -> None:
    """With one of three in maintenance a queue has its last majority: the roll-out waits for the third."""
    first, second, third = crew.hosts
    cli(crew, first, "rabbitmqctl", "eval", QUEUE)
    cli(crew, third, "rabbitmq-upgrade", "drain")
    assert members(crew, first) == {"ams1", "ams2"}
    critical = crew.helper.call("critical", "rabbitmq")
    assert "'held' in vhost '/' will become unavailable" in crew.run(first, critical).stdout
    assert crew.run(third, critical).stdout.startswith("0 ")
    told = list[str]()

    def revive() -> None:
        told.append("the third one is revived")
        cli(crew, third, "rabbitmq-upgrade", "revive")

    back = threading.Timer(5.0, revive)

    def watch(event: Event) -> None:
        if event.kind == "done":
            told.append(f"{event.host}: {event.text}")
        if (event.kind, event.host) == ("start", "ams1") and "majority" in event.text and not back.ident:
            back.start()

    with Crew(crew.fleet, (first, second)) as two:
        roll(two, watch)
    assert told == [
        "the third one is revived",
        *(
            f"{host}: {text}"
            for host in ("ams1", "ams2")
            for text in (
                "rabbitmq cluster ams: no majority needs this one",
                "restart rabbitmq (asked for)",
                "rabbitmq cluster ams: 2 members",
                "confirm rabbitmq",
            )
        ),
    ]
    journal = crew.run(second, crew.helper.call("history", "rabbitmq")).stdout
    steps = [line.split(" ", 3)[3] for line in journal.splitlines()]
    assert [step for step in steps if UNIT in step][-2:] == [f"drained {UNIT}", f"restarted {UNIT}"]
    assert is_whole(crew)


def test_the_release_stays_as_it_was_unpacked(crew: Crew) -> None:
    host = crew.hosts[0]
    changed = sudo(crew, host, "find", "-L", "/opt/beamwright/rabbitmq/current/", "-newermt", "1980-01-02")
    assert changed.split() == ["/opt/beamwright/rabbitmq/current/"]
