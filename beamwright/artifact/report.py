"""What a build made, how big it is and how long it took: report.json and `build --json`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Shipped:
    """One artifact; `path` is relative to the build's folder.

    `digest` is `sha256:…` of the tarball, or of the image's manifest.
    """

    kind: str
    path: str
    digest: str
    compressed_bytes: int
    unpacked_bytes: int


@dataclass(frozen=True)
class Part:
    """A layer or an application: bytes unpacked, and compressed where it was packed on its own."""

    name: str
    unpacked_bytes: int
    compressed_bytes: int | None = None
    version: str | None = None


@dataclass(frozen=True)
class Report:
    """A build: `folder` is its folder in dist/, `digest` the tree's; `seconds` by phase, in their order.

    `signer` is the principal who signed it, None when nobody did.
    """

    name: str
    version: str
    digest: str
    folder: Path
    artifacts: tuple[Shipped, ...]
    layers: tuple[Part, ...]
    applications: tuple[Part, ...]
    seconds: tuple[tuple[str, float], ...]
    signer: str | None = None

    def placed(self, folder: Path, seconds: tuple[tuple[str, float], ...]) -> Report:
        """The report of the same build, in the folder where it ended and with the time it took."""
        return replace(self, folder=folder, seconds=seconds)

    def to_json(self) -> str:
        """report.json, which is what `build --json` prints."""
        fields = asdict(self) | {
            "folder": str(self.folder),
            "artifacts": [asdict(each) | {"path": str(self.folder / each.path)} for each in self.artifacts],
            "seconds": {phase: round(spent, 2) for phase, spent in self.seconds},
        }
        return json.dumps(fields, indent=2) + "\n"
