"""What a container sees of this machine."""

from __future__ import annotations

from pathlib import Path

Mount = tuple[Path | None, str, bool]
"""A folder or file here, where it appears in the container, and whether it may be written to.

Without one here it is an empty folder in memory, which goes with the container.
"""
