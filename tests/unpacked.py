"""Unpacks archives that the tests have made, on every Python that Beamwright runs on."""

from __future__ import annotations

import tarfile
from pathlib import Path


def unpack(archive: Path, folder: Path) -> None:
    """Everything in the archive as it is.

    Python 3.11.2, Debian bookworm's, knows no `filter` of extractall; newer ones demand one or warn.
    """
    with tarfile.open(archive) as opened:
        opened.extraction_filter = lambda member, path: member
        opened.extractall(folder)
