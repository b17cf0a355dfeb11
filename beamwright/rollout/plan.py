"""What will be done, as a value: pure, from the situation and a playbook."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from beamwright.rollout.goal import Situation
from beamwright.rollout.parcel import Shipment
from beamwright.units.file import HostFile

HOOK_SECONDS = 600.0


@dataclass(frozen=True)
class Lack:
    """What is still missing; a final one will not come any more."""

    text: str
    final: bool = False


@dataclass(frozen=True)
class Action:
    """One call of a host's helper.

    `text` is for people, `verb` for the helper. `payload` goes to its standard input: a release, or files to
    install. `seconds` is how long it may take. With `until` the verb, which changes nothing, is repeated
    until that function of its output gives None instead of what is still missing, and goes on giving it for
    `hold` seconds. The log of `unit` explains a failure. Actions of one `batch` of a step belong together:
    the next batch begins when all of them are done. What is done `here`, a pause or a hook (`program`), is
    done by the deployer. That an `optional` one failed is told, and that is all.
    """

    host: str
    text: str
    verb: tuple[str, ...]
    payload: Shipment | tuple[HostFile, ...] | None = field(default=None, repr=False)
    seconds: float = 60.0
    until: Callable[[str], Lack | None] | None = None
    unit: str = ""
    hold: float = 0.0
    batch: str = ""
    here: bool = False
    program: Path | None = None
    optional: bool = False


@dataclass(frozen=True)
class Step:
    """A named part of a playbook: `decide` gives its actions.

    A parallel step goes through all hosts of a batch at once, the actions of one host in their order; the
    others go through all actions one after the other.
    """

    name: str
    decide: Callable[[Situation], tuple[Action, ...]]
    parallel: bool = False


@dataclass(frozen=True)
class Playbook:
    """A way to bring something into use: its name and its steps."""

    name: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Phase:
    """A step, or a batch of one, with the actions that it came to."""

    name: str
    parallel: bool
    actions: tuple[Action, ...]


@dataclass(frozen=True)
class Plan:
    """The phases that have something to do; without any, everything is as it shall be."""

    playbook: str
    phases: tuple[Phase, ...]

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that something changes on."""
        return tuple(dict.fromkeys(a.host for phase in self.phases for a in phase.actions if _changes(a)))


def plan(situation: Situation, playbook: Playbook) -> Plan:
    """What the playbook comes to, and the hooks around it; one that would only look at hosts is empty."""
    phases = tuple(phase for step in playbook.steps for phase in _phases(step, situation))
    if not any(_changes(action) for phase in phases for action in phase.actions):
        return Plan(playbook.name, ())
    return Plan(playbook.name, (*_around(situation, "before"), *phases, *_around(situation, "after")))


def hook(situation: Situation, name: str, host: str = "") -> tuple[Action, ...]:
    """The project's hook of that name, when it has one."""
    path = situation.hooks.get(name)
    text, verb = f"hook {name}", ("hook", name)
    return (Action(host, text, verb, None, HOOK_SECONDS, here=True, program=path),) if path else ()


def _around(situation: Situation, name: str) -> tuple[Phase, ...]:
    """The phase of a hook before or after everything."""
    return tuple(Phase(name, False, (action,)) for action in hook(situation, name))


def _phases(step: Step, situation: Situation) -> Iterator[Phase]:
    """The batches of a step that have something to do."""
    for batch, actions in itertools.groupby(step.decide(situation), key=lambda action: action.batch):
        yield Phase(f"{step.name} {batch}".strip(), step.parallel, tuple(actions))


def _changes(action: Action) -> bool:
    """Whether it changes something on its host."""
    return action.until is None and not action.here
