"""Reads fleet.toml: bytes → spec → model, or one ConfigError."""

from __future__ import annotations

import os
from pathlib import Path

from beamwright.errors import ConfigError
from beamwright.fleet.check import check
from beamwright.fleet.explain import refusal
from beamwright.fleet.model import Fleet
from beamwright.fleet.read import read_table
from beamwright.fleet.resolve import locate, resolve
from beamwright.fleet.spec import FleetSpec, InventorySpec


def load(path: Path) -> Fleet:
    """The fleet that the file declares, and nothing else that it names is read but the inventory.

    ConfigError with the file's path, the key's full path, what is wrong and how to mend it; of several
    defects it names the first and lists all in its detail.
    """
    try:
        path = path.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of symlinks, a NUL in the name
        raise ConfigError(f"{str(path)!r}: is no path: {error}") from None
    spec = read_table(path, FleetSpec, "`beamwright init` writes one")
    fleet = resolve(path, spec, _inventory(path.parent, spec))
    if defects := check(spec, fleet):
        raise refusal(path, defects)
    return fleet


def _inventory(folder: Path, spec: FleetSpec) -> InventorySpec:
    """The addresses that another tool wrote; before it has, there are none."""
    if spec.inventory is None or not os.path.lexists(path := locate(folder, spec.inventory)):
        return InventorySpec(hosts={})
    return read_table(path, InventorySpec, "")
