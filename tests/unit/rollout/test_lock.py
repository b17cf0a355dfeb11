"""The leases of a deployer at work: each is renewed by itself."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from beamwright.rollout.crew import Crew
from beamwright.rollout.events import ignore
from beamwright.rollout.lock import locked
from tests.unit.rollout.memory import MemoryFleet


def test_a_host_that_does_not_answer_holds_up_no_other_lease(memory: MemoryFleet) -> None:
    renewed, back = threading.Semaphore(0), threading.Event()

    def hang(host: str, verb: str) -> None:
        if (host, verb) == ("ams2", "renew"):
            assert back.wait(30)
        elif verb == "renew":
            renewed.release()

    fleet = replace(memory.fleet, deploy=replace(memory.fleet.deploy, lease_seconds=1))
    memory.before_call = hang
    with Crew(fleet, fleet.hosts, memory.connect) as crew, locked(crew, "rolling", ignore, time.monotonic()):
        in_time = [renewed.acquire(timeout=20) for _ in range(3)]
        back.set()
    assert all(in_time)
    assert [host.held for host in memory.hosts.values()] == [None, None]
