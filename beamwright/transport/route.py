"""The way to an sshd: where it is, who logs in with which keys, and through which other one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Route:
    """How a machine is reached; `jump` is the way to the one before it.

    `keys` are private key files. Without `only_keys` the agent's keys and the usual ones in ~/.ssh are tried
    too.
    """

    address: str
    port: int = 22
    user: str = "root"
    keys: tuple[Path, ...] = ()
    only_keys: bool = False
    jump: Route | None = None

    def __str__(self) -> str:
        """As people write it: `root@ams1 port 22`, with what it goes through."""
        return f"{self.user}@{self.address} port {self.port}{f' through {self.jump}' if self.jump else ''}"

    def command(self) -> str:
        """The OpenSSH command line that goes the same way."""
        jump = f"-J {self.jump.user}@{self.jump.address}:{self.jump.port} " if self.jump else ""
        return f"ssh {jump}-p {self.port} {self.user}@{self.address}"
