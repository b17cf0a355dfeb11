"""The Docker Engine, through its SDK: makes images of Debian packages, runs compilers in containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from beamwright.toolchain.engine import Engine

__all__ = ["Engine"]


def __getattr__(name: str) -> Any:
    """Engine, and the SDK with it, once somebody asks for it (PEP 562): a deploy does not."""
    if name != "Engine":
        raise AttributeError(name)
    from beamwright.toolchain.engine import Engine

    return Engine
