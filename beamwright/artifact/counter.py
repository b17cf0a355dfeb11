"""The number by which hosts tell a later build from an earlier one."""

from __future__ import annotations

from collections.abc import Iterable

from beamwright.artifact.manifest import Manifest


def next_counter(builds: Iterable[Manifest], name: str, environment: str, now: float) -> int:
    """More than every build of that application and environment here has, and at least the Unix time `now`.

    The time makes builds of several machines comparable; the builds here make it grow when a clock does not.
    """
    last = (each.counter for each in builds if (each.name, each.environment) == (name, environment))
    return max(int(now), 1 + max(last, default=0))
