"""The verbs of the host helper (systemd/host) as commands."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from beamwright import resources
from beamwright.command import Command, command
from beamwright.fleet import Fleet

PATH = "/opt/beamwright/host"

# The helper that is there, when it is this one; else this one from standard input, leaving nothing behind.
_LOOK = f"""\
wanted=$1 root=$2
shift 2
if [ "$(sha256sum {PATH} 2>/dev/null | cut -c1-64)" = "$wanted" ]; then
    exec $root {PATH} facts "$@"
else
    exec $root sh -s -- facts "$@"
fi"""

_PUT = f"""\
set -eu
mkdir -p {PATH.rpartition("/")[0]}
cat >{PATH}.new
[ "$(sha256sum <{PATH}.new | cut -c1-64)" = "$1" ]
chmod 755 {PATH}.new
sync {PATH}.new
mv -f {PATH}.new {PATH}"""


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
        return command(*self._root(), PATH, *verb)

    def look(self, *apps: str) -> Command:
        """The facts of a host, whether it has the helper yet or not."""
        return command("sh", "-c", _LOOK, "sh", self.digest, " ".join(self._root()), *apps, stdin=self.script)

    def put(self) -> Command:
        """Installs or replaces the helper, whole or not at all."""
        return command(*self._root(), "sh", "-c", _PUT, "sh", self.digest, stdin=self.script)

    def _root(self) -> tuple[str, ...]:
        return ("sudo", "-n") if self.sudo else ()


def helper_of(fleet: Fleet) -> Helper:
    """The helper that the fleet's hosts get: the project's own `systemd/host`, or the built-in one."""
    return Helper(
        resources.find("systemd/host", fleet.folder).read_bytes(), (fleet.ssh.user or "root") != "root"
    )
