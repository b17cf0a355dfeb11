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

    `count` is told the bytes that have arrived. UnreachableError: the host does not come back, or a
    connection brought nothing any more.
    """
    until = time.monotonic() + seconds
    call = crew.helper.call("arrived", app, sent.sha256)
    begin = _arrived(crew.targets[host].run(call))
    while begin < sent.size:
        numbers = (sent.sha256, str(begin), str(sent.size))
        command = crew.helper.call("send", str(crew.fences.get(host, 0)), app, *numbers)
        try:
            with sent.open(begin) as stream:
                result = crew.targets[host].run(command, timeout=until - time.monotonic(), stdin=stream)
        except UnreachableError as lost:
            there = _arrived(crew.ask_again(host, call, 60.0, lost))
            if there <= begin or time.monotonic() > until:
                raise
            count(there - begin)
            begin = there
            continue
        if result.ok:
            count(sent.size - begin)
            return None
        if not begin:
            return result
        # What was there is not what it should be, after a power cut for one: everything, then.
        begin = 0
    return None


def _arrived(answer: Result) -> int:
    """How many bytes are there; none when the host does not say."""
    return int(answer.stdout) if answer.ok and answer.stdout.strip().isdigit() else 0
