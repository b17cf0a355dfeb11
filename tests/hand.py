"""A host with one unpacked release, and somebody who types."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

from docker.models.containers import Container

from beamwright.command import Result, command
from beamwright.toolchain.box import Box
from tests.terminal import Terminal, open_terminal

FOLDER = '/opt/it\'s a "söme" $folder'
NOBODY = "65534:65534"


@dataclass(frozen=True)
class Hand:
    """The release is unpacked in FOLDER; `container` is the host."""

    box: Box
    container: Container
    name: str
    node: str

    @property
    def elixir(self) -> bool:
        """Whether expressions are Elixir's."""
        return self.name == "courier"

    def sh(self, line: str, **env: str) -> Result:
        """Runs a line of shell; $it is the release's script."""
        pairs = (f"{key}={value}" for key, value in (self._environment() | env).items())
        return self.box.run(command("env", *pairs, "sh", "-c", line))

    def ok(self, line: str, **env: str) -> str:
        """The same, for lines that succeed: what was printed."""
        done = self.sh(line, **env)
        assert done.ok, done.stdout
        return done.stdout

    def terminal(self) -> AbstractContextManager[Terminal]:
        """A terminal on the host, with a shell that knows $it as well."""
        return open_terminal(self.container, NOBODY, self._environment())

    def _environment(self) -> dict[str, str]:
        return {"HOME": "/tmp", "it": f"{FOLDER}/bin/{self.name}"}
