"""What somebody asks of one roll-out, beside what the fleet file says of all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from beamwright.fleet import Host
from beamwright.rollout.document import Shown


@dataclass(frozen=True)
class Options:
    """What is None or false is as usual.

    skip_down   goes on without hosts that do not answer
    playbook    another one than the order's own
    again       tries a release where it has failed before
    shown       a plan that somebody has seen: no other one is carried out
    wait        seconds to wait for another deployer to end
    older       takes a build with a lower counter than what was in use
    proof       looks at the hosts afterwards, while nobody else may change them
    """

    skip_down: bool = False
    playbook: str = ""
    again: bool = False
    shown: Shown | None = None
    wait: float = 0.0
    older: bool = False
    proof: Callable[[tuple[Host, ...]], None] | None = None
