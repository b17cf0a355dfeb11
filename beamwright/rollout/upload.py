"""A large parcel goes ahead of the operation that wants it, and on from where a connection was lost."""

from __future__ import annotations

import time
from collections.abc import Callable

from beamwright.command import Result
from beamwright.errors import UnreachableError
from beamwright.rollout.crew import Crew
from beamwright.rollout.parcel import Parcel

SIZES = range(1 << 20, 10**9)
"""In bytes: what is smaller is soon sent again; a number that the helper takes has nine digits at most."""


def upload(
    crew: Crew, host: str, app: str, sent: Parcel, seconds: float, count: Callable[[int], None]
) -> Result | None:
    """Brings the parcel to the host, or the rest of it; None when it is there, else what the host said.

    `count` is told the bytes that have arrived. UnreachableError: the host does not come back, or two
    connections one after the other brought nothing.
    """
    until, idle = time.monotonic() + seconds, 0
    begin = _arrived(crew, host, app, sent)
    # Once at least: what has all its bytes may not have been found whole yet, and `send` does that.
    while True:
        numbers = (sent.sha256, str(begin), str(sent.size))
        command = crew.helper.call("send", str(crew.fences.get(host, 0)), app, *numbers)
        try:
            with sent.open(begin) as stream:
                result = crew.targets[host].run(command, timeout=until - time.monotonic(), stdin=stream)
        except UnreachableError:
            there = _arrived(crew, host, app, sent)
            idle = 0 if there > begin else idle + 1
            if idle > 1 or time.monotonic() > until:
                raise
            count(max(0, there - begin))
            begin = there
            continue
        if result.ok:
            count(sent.size - begin)
            return None
        if not begin:
            return result
        # What was there is not what it should be, after a power cut for one: everything, then.
        begin = 0


def _arrived(crew: Crew, host: str, app: str, sent: Parcel) -> int:
    """How many bytes are there, once the host answers; none when it does not say."""
    call = crew.helper.call("arrived", app, sent.sha256)
    try:
        answer = crew.targets[host].run(call)
    except UnreachableError as lost:
        answer = crew.ask_again(host, call, 60.0, lost)
    return int(answer.stdout) if answer.ok and answer.stdout.strip().isdigit() else 0
