"""How long each phase of a build took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


class Clock:
    """When it `began`, and seconds by phase, in the order in which the phases ran."""

    def __init__(self) -> None:
        self.began = datetime.now(UTC)
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Times the block."""
        begun = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - begun
