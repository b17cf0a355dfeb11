"""What the machine at which somebody sits has to have."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from beamwright.errors import ConfigError
from beamwright.toolchain.engine import Engine

PROGRAMS = ("ssh", "ssh-keygen", "mmdebstrap")


def needs() -> Iterator[tuple[str, ConfigError | None]]:
    """Each thing that is needed here, with what is wrong with it."""
    for program in PROGRAMS:
        there = shutil.which(program) is not None
        error = ConfigError(f"{program} is not installed here", hint="script/setup installs it")
        yield f"{program} is installed here", None if there else error
    try:
        Engine.connect()
    except ConfigError as exc:
        yield "a Docker Engine answers", exc
    else:
        yield "a Docker Engine answers", None
