"""The Docker Engine, through its SDK: makes the toolchain image, runs compilers and finished trees in containers."""

from beamwright.toolchain.engine import Engine

__all__ = ["Engine"]
