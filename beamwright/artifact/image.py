"""What an image says of itself: the configuration that every form of it shares, and its annotations.

Source: github.com/opencontainers/image-spec (config.md, annotations.md).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from beamwright.artifact.layers import Layer
from beamwright.artifact.moment import rfc3339

USER = "65532:65532"
"""beamwright in the tree's own etc/passwd."""


@dataclass(frozen=True)
class Image:
    """What the configuration says; `env` pairs, `ports` numbers, `epoch` seconds.

    `revision` is the source's commit, `licences` an SPDX expression; both may be empty.
    """

    name: str
    version: str
    arch: str
    entrypoint: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    ports: tuple[int, ...]
    epoch: int
    revision: str = ""
    licences: str = ""

    @property
    def tag(self) -> str:
        """The version as a tag."""
        return tag(self.version)

    @property
    def created(self) -> str:
        """The time of every file, which is the image's own."""
        return rfc3339(datetime.fromtimestamp(self.epoch, UTC))

    def annotations(self) -> dict[str, str]:
        """The annotations of the manifest, which are the labels of the configuration too."""
        said = {
            "title": self.name,
            "version": self.version,
            "created": self.created,
            "revision": self.revision,
            "licenses": self.licences,
            # No other image is in it: the libraries come from the toolchain, and the SBOM names them.
            "base.name": "scratch",
        }
        return {f"org.opencontainers.image.{key}": value for key, value in said.items() if value}

    def config(self, layers: Sequence[Layer], diff_ids: Sequence[str]) -> bytes:
        """The configuration as JSON; `diff_ids` are the layers' digests, sha256 in hex."""
        return to_json(
            {
                "created": self.created,
                "architecture": self.arch,
                "os": "linux",
                "config": {
                    "User": USER,
                    "Env": [f"{key}={value}" for key, value in self.env],
                    "Entrypoint": list(self.entrypoint),
                    "WorkingDir": "/",
                    "StopSignal": "SIGTERM",
                    "ExposedPorts": {f"{port}/tcp": {} for port in self.ports},
                    "Labels": self.annotations(),
                },
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{each}" for each in diff_ids]},
                "history": [
                    {"created": self.created, "created_by": layer.name, "comment": "beamwright"}
                    for layer in layers
                ],
            }
        )


def tag(version: str) -> str:
    """The version as a tag, which has no `+`, as versions may have (semver.org, 10)."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", version)[:128]


def to_json(value: object) -> bytes:
    """The one way to write a value, so that the same image has the same digest."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
