"""The Docker Engine, through its SDK: makes images of Debian packages, runs compilers in containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beamwright.resources import on_demand

if TYPE_CHECKING:
    from beamwright.toolchain.engine import Engine

__all__ = ["Engine"]

# The SDK takes long to load, and a deploy does not need it.
__getattr__ = on_demand({"Engine": "toolchain.engine"})
