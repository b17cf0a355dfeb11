"""What the fleet file says of the whole fleet, table by table, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from beamwright.fleet.share import Amount


@dataclass(frozen=True)
class Project:
    """What is built: `source` holds mix.exs or rebar.config, or is what is prebuilt.

    `tool` is mix, rebar3 or prebuilt, `profile` MIX_ENV, or rebar3's profiles joined by commas. `context` is
    what the build gets to see: the source, or a folder that it is in.
    """

    name: str
    source: Path
    tool: str
    release: str
    profile: str
    context: Path

    @property
    def inside(self) -> Path:
        """Where the source is in the context; `.` where it is all of it."""
        return self.source.relative_to(self.context)


@dataclass(frozen=True)
class Toolchain:
    """What it is built with: Debian packages, or `image` to start from; `otp`, the root of another OTP."""

    image: str | None
    packages: tuple[str, ...]
    otp: Path | None
    network: bool


@dataclass(frozen=True)
class Budget:
    """The most bytes that a build may have, None for no limit.

    `unpacked` is for the tree, `artifacts` for what goes over the wire, by kind (`oci`, `tarball`).
    """

    unpacked: int | None
    artifacts: tuple[tuple[str, int], ...]
    applications: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Packaging:
    """How what is built is packed, and whether time zones are in it."""

    compression: Literal["zstd", "gzip"]
    timezones: bool


@dataclass(frozen=True)
class Registry:
    """Where images are pushed; `password` and `ca` are files. `pull`: hosts get their layers from there."""

    repository: str | None
    user: str | None
    password: Path | None
    ca: Path | None
    insecure: bool
    pull: bool = False


@dataclass(frozen=True)
class Beside:
    """What goes into the tree beside the release: `include` are paths from fleet.toml's folder."""

    shell: bool
    include: tuple[str, ...]


@dataclass(frozen=True)
class Sidecar:
    """The RabbitMQ of every host."""

    enabled: bool
    port: int
    dist_port: int
    user: str
    definitions: Path | None
    memory_max: str


@dataclass(frozen=True)
class Ssh:
    """How the hosts are reached; what is None is ~/.ssh/config's to say."""

    user: str | None
    key: Path | None
    known_hosts: Path
    connect_seconds: int


@dataclass(frozen=True)
class Deploy:
    """How a roll-out goes. Times in seconds; `batch` is counted in hosts of a cluster, the last one repeated.

    `min_ready` is of the nodes of a cluster, `max_fail` of the hosts of the roll-out. `artifact` is what the
    hosts run: the tree of the tarball, or the image under podman.
    """

    artifact: Literal["tarball", "oci"]
    keep: int
    cluster_seconds: int
    batch: tuple[Amount, ...]
    pause_seconds: int
    soak_seconds: int
    min_ready: Amount
    max_fail: Amount
    on_fail: str
    lease_seconds: int


@dataclass(frozen=True)
class Signing:
    """Who vouches for artifacts; `unsigned` says whether one that nobody signed may be used."""

    key: Path
    allowed_signers: Path
    unsigned: bool
