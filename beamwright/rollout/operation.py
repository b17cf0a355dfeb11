"""A change on a host, done once: when the connection is lost over it, the host is asked how it ended."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import ExitStack

from beamwright.command import Result
from beamwright.errors import UnreachableError
from beamwright.rollout.crew import Crew
from beamwright.rollout.helper import BROKEN_OFF, NEVER_BEGAN
from beamwright.rollout.parcel import Parcel
from beamwright.rollout.upload import SIZES, upload


class BrokenOffError(UnreachableError):
    """The host did not bring an operation to its end; `result` has what that had printed."""

    def __init__(self, host: str, result: Result) -> None:
        super().__init__(f"{host}: it was broken off on the host", detail=result.tail())
        self.result = result


def perform(
    crew: Crew,
    host: str,
    verb: tuple[str, ...],
    seconds: float,
    sent: Parcel | None = None,
    count: Callable[[int], None] = lambda _: None,
) -> Result:
    """Has the host do the verb under the lease of `crew`, with what is sent to it, and gives how it ended.

    `count` is told the bytes that are sent. UnreachableError says what is known: that nothing was begun, that
    the host broke it off, or nothing.
    """
    # Files under /etc, with secrets among them, are never kept on the way.
    operation, ahead = secrets.token_hex(8), bool(verb[0] == "stage" and sent and sent.size in SIZES)
    if sent:
        if not ahead:
            count(sent.size)
        elif refused := upload(crew, host, verb[1], sent, seconds, count):
            return refused
        verb = (*verb, sent.sha256)
    carried = None if ahead else sent
    try:
        result = _do(crew, host, operation, verb, seconds, carried)
    except UnreachableError as lost:
        # How long it takes there, nobody knows: the answer may take as long as the operation itself.
        result = crew.ask_again(host, crew.helper.call("result", operation), seconds, lost)
        if result.exit_code == NEVER_BEGAN:
            # The same operation: should the first one have been on its way all the same, only one is done.
            result = _do(crew, host, operation, verb, seconds, carried)
    if result.exit_code == BROKEN_OFF:
        raise BrokenOffError(host, result)
    return result


def _do(
    crew: Crew, host: str, operation: str, verb: tuple[str, ...], seconds: float, sent: Parcel | None
) -> Result:
    command = crew.helper.do(operation, crew.fences.get(host, 0), *verb)
    with ExitStack() as stack:
        stdin = stack.enter_context(sent.open()) if sent else None
        return crew.targets[host].run(command, timeout=seconds, stdin=stdin)
