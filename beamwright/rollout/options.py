"""What somebody asks of one roll-out, beside what the fleet file says of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Options:
    """`skip_down` leaves out hosts that do not answer. `playbook` is another one than the order's own.

    `shown` is the JSON of a plan: no other one is carried out.
    """

    skip_down: bool = False
    playbook: str = ""
    shown: Mapping[str, Any] | None = None
