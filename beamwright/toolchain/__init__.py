"""The Docker Engine, through its SDK: makes images of Debian packages, runs compilers in containers."""

from beamwright.toolchain.engine import Engine

__all__ = ["Engine"]
