"""The verbs of the host helper (systemd/host.d) as commands."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from beamwright import resources
from beamwright.command import Command, command
from beamwright.fleet import Fleet, Host
from beamwright.transport import UserConfig

PATH = "/opt/beamwright/host"
ABSENT = 69
"""Exit code of `look` on a host without the helper (EX_UNAVAILABLE of sysexits.h)."""

NEVER_BEGAN, BROKEN_OFF, LOCKED = 3, 4, 5
"""Exit codes of the helper: there was no such operation; it was killed; the lease is somebody else's."""

_LOOK = f"""\
root=$1
shift
[ -x {PATH} ] || exit {ABSENT}
exec $root {PATH} facts "$@\""""


@dataclass(frozen=True)
class Helper:
    """Builds the commands; `sudo` when the user at the host is not root."""

    script: bytes = field(repr=False)
    sudo: bool

    @property
    def digest(self) -> str:
        """sha256 of the helper, in hex."""
        return hashlib.sha256(self.script).hexdigest()

    def call(self, *verb: str) -> Command:
        """A verb of the helper that is installed."""
        return self.as_root(PATH, *verb)

    def do(self, operation: str, fence: int, *verb: str) -> Command:
        """A verb that changes the host, as an operation that can be asked about."""
        return self.call("do", operation, str(fence), *verb)

    def look(self, *apps: str) -> Command:
        """The facts of a host that has the helper, in any version; exit code ABSENT where it has not."""
        return command("sh", "-c", _LOOK, "sh", " ".join(self._root()), *apps)

    def look_without(self, *apps: str) -> Command:
        """The facts of a host that has no helper, leaving nothing behind."""
        return self.as_root("sh", "-s", "--", "facts", *apps, stdin=self.script)

    def as_root(self, *argv: str, stdin: bytes = b"") -> Command:
        """A command that root runs: for hosts that do not have the helper yet."""
        return command(*self._root(), *argv, stdin=stdin)

    def upgrade(self) -> Command:
        """Has the helper that is there replace itself."""
        return self.as_root(PATH, "upgrade-helper", self.digest, stdin=self.script)

    def _root(self) -> tuple[str, ...]:
        return ("sudo", "-n") if self.sudo else ()


def helper_of(fleet: Fleet, hosts: Iterable[Host]) -> Helper:
    """The helper that the hosts get; where one of them is not logged in to as root, all are asked by sudo."""
    config = UserConfig()
    sudo = any(config.route(*fleet.place(host)).user != "root" for host in hosts)
    return Helper(script(fleet.folder), sudo)


def script(project: Path) -> bytes:
    """The helper, one file of its parts; a part that the project has in `systemd/host.d` beats ours."""
    parts = sorted(path.name for path in (resources.root() / "systemd/host.d").glob("*.sh"))
    return b"\n".join(resources.find(f"systemd/host.d/{part}", project).read_bytes() for part in parts)
