"""A file that a host shall have."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class HostFile:
    """Where a file goes on a host, what is in it and who may read it; a secret's content is never shown."""

    path: str
    content: str = field(repr=False)
    mode: int = 0o644
    owner: str = "root"
    group: str = "root"
    secret: bool = False
