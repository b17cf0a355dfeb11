"""What is asked of a build."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Wanted:
    """What is asked for: kinds of artifacts, the time of every file, the source's revision or nothing.

    `layers` is a folder of compressed layers that outlives the build; without it all are made anew.
    """

    kinds: Collection[str]
    epoch: int
    revision: str = ""
    layers: Path | None = None
