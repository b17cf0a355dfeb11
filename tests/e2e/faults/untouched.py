"""Whether anything at all was done to the hosts: files, links, units and processes of the application."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.faults.yard import BASE, UNIT, Yard

_LEFT = r"\( -name '.staging*' -o -name .incoming -o -name input -size +0 -o -path '*/.parcels*/*' \)"
_SCRIPT = f"""
find {BASE} /etc/beamwright /etc/systemd/system ! -type d ! -path {BASE}/journal ! -name allowed_signers \
    -printf '%p %m %U %s %i %T@ %l\\n' | sort
find {BASE} /opt/beamwright/.operations -maxdepth 2 {_LEFT}
systemctl show {UNIT} --property=MainPID,InvocationID,NRestarts,ActiveState
"""


@contextmanager
def untouched(yard: Yard) -> Iterator[None]:
    """A round that comes to nothing: the hosts are as they were, and the next round is this one again."""
    there = _look(yard)
    yard.next_round()
    yield
    for name, lines in _look(yard).items():
        assert lines == there[name], f"{name}: {sorted({*lines} ^ {*there[name]})}"
    yard.round -= 1
    yard.write()


def _look(yard: Yard) -> dict[str, list[str]]:
    """Host → all that a fault which is refused leaves as it is."""
    return {name: yard.on(name, _SCRIPT).splitlines() for name in yard.names}
