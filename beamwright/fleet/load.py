"""Reads fleet.toml: bytes → spec → model, or one ConfigError."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError

from beamwright.errors import ConfigError
from beamwright.fleet.resolve import resolve
from beamwright.fleet.spec import FleetSpec, InventorySpec
from beamwright.fleet.model import Fleet


def load(path: Path) -> Fleet:
    """The fleet that the file declares; ConfigError with path, key and hint when it is wrong."""
    path = path.resolve()
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        spec = FleetSpec.model_validate(data)
        inventory = None
        if spec.inventory and (path.parent / spec.inventory).exists():
            inventory = InventorySpec.model_validate(tomllib.loads((path.parent / spec.inventory).read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as exc:
        raise ConfigError(f"{path}: {exc}") from exc
    return resolve(path, spec, inventory)
