"""Whoever waits for hosts gets to know for which: as a line of the log, which the command line shows."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

SECONDS = 2.0
"""After that people want to know for whom they wait."""

_NAMED = 8
_log = logging.getLogger(__name__)


@contextmanager
def telling_of(awaited: Collection[str]) -> Iterator[None]:
    """Names those that are still awaited when SECONDS of the block are over; others take them out."""

    def tell() -> None:
        if names := tuple(awaited):
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            _log.info("no answer yet from %s%s", ", ".join(names[:_NAMED]), more)

    timer = threading.Timer(SECONDS, tell)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
