"""What of a phase goes on at once, and which of its actions are one operation on a host. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from beamwright.rollout.plan import Action, Phase

SWITCHED = "switched\n"
"""What a switch that restarts a unit too prints first, once it has only that to do."""

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
    """A switch and the restart right after it are one: nobody could want to stop between the two, and each
    operation costs a host a command, a unit and an end on its disk.
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
    return of_one and (first.verb[:1], second.verb[:1]) == (("switch",), ("restart",))


def verb_of(operation: Operation) -> tuple[str, ...]:
    """The verb of its first action, with the unit of the restart after it."""
    return (*operation[0].verb, *(action.verb[2] for action in operation[1:]))
