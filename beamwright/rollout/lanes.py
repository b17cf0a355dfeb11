"""What of a phase goes on at once, and which of its actions are one operation on a host. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from beamwright.rollout.plan import Action, Phase

_HALF_DONE = {"switch": "switched\n", "confirm": "confirmed\n"}
"""What the first action of an operation of two prints when it is done, before the second one begins."""

_TWO = {"switch": "restart", "confirm": "prune"}

Operation = tuple[Action, ...]
Lane = list[Operation]


def lanes(phase: Phase) -> list[Lane]:
    """The hosts of a parallel phase, which are at work at once, or all one after the other."""
    if not phase.parallel:
        return [list(_operations(phase.actions))]
    hosts = dict.fromkeys(action.host for action in phase.actions)
    return [
        list(_operations(tuple(action for action in phase.actions if action.host == host))) for host in hosts
    ]


def _operations(actions: tuple[Action, ...]) -> Iterator[Operation]:
    """A switch and the restart right after it are one, a confirm and what it prunes too: nobody could want to
    stop between the two, and each operation costs a host a command, a unit and an end on its disk.
    """
    operation: Operation = ()
    for action in actions:
        if operation and not _are_one(operation[-1], action):
            yield operation
            operation = ()
        operation += (action,)
    if operation:
        yield operation


def _are_one(first: Action, second: Action) -> bool:
    of_one = (first.host, first.verb[1:2]) == (second.host, second.verb[1:2])
    return of_one and _TWO.get(first.verb[0]) == second.verb[0]


def verb_of(operation: Operation) -> tuple[str, ...]:
    """The verb of its first action, with what the second one is asked for besides."""
    return (*operation[0].verb, *(action.verb[2] for action in operation[1:]))


def undone(operation: Operation, said: str) -> tuple[Action, str]:
    """The action that an operation which has printed that did not bring to its end; what that one printed."""
    first, *second = operation
    half = _HALF_DONE.get(first.verb[0], "")
    if second and said.startswith(half):
        return second[0], said.removeprefix(half)
    return first, said
