"""A source and its mirror, which images/compile/mirror.sh itself makes equal to it."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from beamwright import resources
from beamwright.fleet.model import Project
from beamwright.release.mirror import arguments

LONG_AGO = (10**9, 10**9)

DEPENDENCY = {"mix": "deps/one", "rebar3": "_build/default/lib/one"}
COMPILED = {"mix": "_build/prod/lib/{}/ebin/x.beam", "rebar3": "_build/default/lib/{}/ebin/x.beam"}


@dataclass(frozen=True)
class Place:
    """A folder with source/ and project/, the mirror of it, of the build tool `tool`; it runs in `inside`.

    What has just changed in the source is `still`, as if that were two seconds ago.
    """

    folder: Path
    tool: str = "mix"
    inside: str = ""
    still: bool = False

    @property
    def source(self) -> Path:
        """The source."""
        return self.folder / "source"

    @property
    def project(self) -> Path:
        """The mirror."""
        return self.folder / "project"

    @property
    def known(self) -> Path:
        """What is known of it."""
        return self.folder / "known"

    def write(self, path: str, text: str) -> Path:
        """A file, in folders that are made."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    def mirror(self, *excluded: str, apart: bool = False) -> None:
        """Makes the mirror equal to the source without these paths in it; `apart` it may be killed."""
        for folder in (self.project, self.known):
            folder.mkdir(exist_ok=True)
        project = Project("own", self.source / self.inside, self.tool, "own", "prod", self.source)
        for name in ("mirror.sh", "drop.sh", "dependency.sh"):
            text = (resources.find("images/compile") / name).read_text("utf-8")
            if self.still:
                text = text.replace("2 seconds ago", "now")
            (self.folder / name).write_text(self._here(text), "utf-8")
        said = arguments(project, f"{os.getuid()}:{os.getgid()}", excluded)
        words = "sh", "/compile/mirror.sh", self.tool, f"/project/{self.inside}".rstrip("/"), *said
        subprocess.run([self._here(word) for word in words], check=not apart, start_new_session=apart)

    def begin(self) -> None:
        """Makes the first mirror, in which a compiler ended a minute ago."""
        self.mirror()
        self.ended(time.time() - 60)

    def ended(self, seconds: float) -> None:
        """Notes that a compiler ended then."""
        self.write("known/ended", f"{int(seconds)}\n")

    def _here(self, text: str) -> str:
        places = {
            "/compile": "",
            "/sealed/source": "/source",
            "/sealed/mirror": "/known",
            "/project": "/project",
        }
        for name, path in places.items():
            text = text.replace(name, f"{self.folder}{path}")
        return text
