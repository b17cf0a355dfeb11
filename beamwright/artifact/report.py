"""What a build made, how big it is and how long it took: report.json and `build --json`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from beamwright.errors import ConfigError


@dataclass(frozen=True)
class Shipped:
    """One artifact; `path` is relative to the build's folder.

    `digest` is `sha256:…` of the tarball, of the image's manifest (oci) or of its configuration (docker).
    """

    kind: str
    path: str
    digest: str
    compressed_bytes: int
    unpacked_bytes: int


@dataclass(frozen=True)
class Compressed:
    """A layer compressed one way: `digest` is `sha256:…` of the file, `library` what compressed it."""

    algorithm: str
    level: int
    library: str
    digest: str
    bytes: int


@dataclass(frozen=True)
class Part:
    """A layer, application or library: bytes unpacked, and compressed where it was packed on its own.

    `layer` is the name of the layer that an application or library is in. Of layers alone: `diff_id` is
    `sha256:…` of the archive, the same whatever compresses it, `compressed` each way it was compressed, the
    image's own first.
    """

    name: str
    unpacked_bytes: int
    compressed_bytes: int | None = None
    version: str | None = None
    layer: str | None = None
    diff_id: str | None = None
    compressed: tuple[Compressed, ...] = ()

    @property
    def title(self) -> str:
        """The name, with the version where it has one."""
        return f"{self.name} {self.version}" if self.version else self.name


@dataclass(frozen=True)
class Report:
    """A build: `folder` is its folder in dist/, `digest` the tree's; `seconds` by phase, in their order.

    `signer` is the principal who signed it, None when nobody did. `epoch` is the time of every file in its
    artifacts, `revision` the commit of its source, empty where that is not known.
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
    libraries: tuple[Part, ...] = ()
    epoch: int = 0
    revision: str = ""

    @property
    def unpacked_bytes(self) -> int:
        """The sum of all files' sizes."""
        return self.artifacts[0].unpacked_bytes

    @property
    def blobs(self) -> tuple[str, ...]:
        """The sha256, in hex, of every compressed layer."""
        return tuple(way.digest.removeprefix("sha256:") for part in self.layers for way in part.compressed)

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

    @classmethod
    def from_json(cls, text: str, folder: Path) -> Report:
        """The report of a report.json that is in the folder now; ConfigError when it is none."""
        try:
            fields = json.loads(text)
            # A build that was moved, or made by another clone, names the folder where it was.
            artifacts = [each | {"path": Path(each["path"]).name} for each in fields["artifacts"]]
            moved = {"folder": folder, "artifacts": artifacts, "seconds": list(fields["seconds"].items())}
            return TypeAdapter(cls).validate_python(fields | moved)
        except (ValueError, TypeError, KeyError, AttributeError) as exc:
            raise ConfigError(f"the report in {folder} is damaged", hint="build it again") from exc
