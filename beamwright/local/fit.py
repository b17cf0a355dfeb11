"""What a fleet file has to say, and what not, for a local fleet to be made of it."""

from __future__ import annotations

from pathlib import Path

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet
from beamwright.local.identity import require_local
from beamwright.local.key import key_path
from beamwright.local.places import inventory_path


def demand_fit(fleet: Fleet) -> Path:
    """Where the fleet's key is, or will be; one ConfigError with all that the fleet file lacks."""
    faults = list[ConfigError]()
    for need in (require_local, inventory_path, key_path):
        try:
            need(fleet)
        except ConfigError as error:
            faults.append(error)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise ConfigError(
            f"{faults[0].message} (and {len(faults) - 1} more)",
            hint="\n".join(fault.hint for fault in faults),
            detail="\n".join(fault.message for fault in faults),
        )
    return key_path(fleet)
