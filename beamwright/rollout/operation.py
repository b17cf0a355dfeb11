"""A change on a host, done once: when the connection is lost over it, the host is asked how it ended."""

from __future__ import annotations

import secrets
import time
from contextlib import ExitStack

from beamwright.command import Result
from beamwright.errors import UnreachableError
from beamwright.rollout.crew import Crew
from beamwright.rollout.helper import BROKEN_OFF, NEVER_BEGAN
from beamwright.rollout.parcel import Parcel

_TRIES = 3
"""So many times as a host may take to answer, one whose connection was lost may take to come back."""


def perform(
    crew: Crew, host: str, verb: tuple[str, ...], seconds: float, sent: Parcel | None = None
) -> Result:
    """Has the host do the verb under the lease of `crew`, with what is sent to it, and gives how it ended.

    UnreachableError says what is known: that nothing was begun, that the host broke it off, or nothing.
    """
    operation = secrets.token_hex(8)
    try:
        result = _do(crew, host, operation, verb, seconds, sent)
    except UnreachableError as lost:
        result = _ask(crew, host, operation, seconds, lost)
        if result.exit_code == NEVER_BEGAN:
            # The same operation: should the first one have been on its way all the same, only one is done.
            result = _do(crew, host, operation, verb, seconds, sent)
    if result.exit_code == BROKEN_OFF:
        raise UnreachableError(f"{host}: it was broken off on the host", detail=result.tail())
    return result


def _do(
    crew: Crew, host: str, operation: str, verb: tuple[str, ...], seconds: float, sent: Parcel | None
) -> Result:
    if sent:
        verb = (*verb, sent.sha256)
    command = crew.helper.do(operation, crew.fences.get(host, 0), *verb)
    with ExitStack() as stack:
        stdin = stack.enter_context(sent.open()) if sent else None
        return crew.targets[host].run(command, timeout=seconds, stdin=stdin)


def _ask(crew: Crew, host: str, operation: str, seconds: float, lost: UnreachableError) -> Result:
    """How the operation ended, once the host answers again; `lost` when it does not, or nobody waits."""
    back_by, pause = time.monotonic() + _TRIES * crew.fleet.ssh.connect_seconds, 0.2
    while not crew.closed and (left := back_by - time.monotonic()) > 0:
        try:
            command = crew.helper.call("result", operation)
            return crew.targets[host].run(command, timeout=max(left, seconds))
        except UnreachableError:
            time.sleep(min(pause, left))
            pause *= 2
    raise lost
