"""The fleet as frozen values: what every other module reads. Paths are absolute, overrides applied."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from beamwright.errors import ConfigError
from beamwright.fleet.share import Amount


@dataclass(frozen=True)
class Health:
    """A node's health check: GET `http` on the port named `port`, or connect to it when `http` is None.

    With `call`, `module:function`, that is asked instead. A node without ports has no check else: `port` is
    then empty and `http` None. Times in seconds.
    """

    http: str | None
    port: str
    interval: int
    timeout: int
    call: str = ""

    def url(self, node: Node) -> str:
        """What is asked: `http://127.0.0.1:8080/healthz`, `tcp://127.0.0.1:8080`, `call:my_app:healthy`, or
        empty for no check.
        """
        if self.call:
            return f"call:{self.call}"
        if not self.port:
            return ""
        at = f"127.0.0.1:{node.port(self.port)}"
        return f"tcp://{at}" if self.http is None else f"http://{at}{self.http}"


@dataclass(frozen=True)
class Node:
    """One Erlang VM: number `n` of its host, name `courier1@ams1`, its distribution port and named ports."""

    number: int
    name: str
    dist_port: int
    ports: tuple[tuple[str, int], ...]

    def port(self, name: str) -> int:
        """The port of that name; KeyError when the node has none."""
        return dict(self.ports)[name]


@dataclass(frozen=True)
class NodeSettings:
    """What the nodes of one host have in common. Times in seconds; `secrets` maps credential → file."""

    vm_args: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    secrets: tuple[tuple[str, Path], ...]
    health: Health
    start_seconds: int
    stop_seconds: int
    drain_seconds: int
    watchdog_seconds: int
    memory_max: str
    tasks_max: int
    allow_from: tuple[str, ...]


@dataclass(frozen=True)
class Host:
    """A machine: where it is, its nodes and their settings. `address` is None until something names it.

    `jump` is `[user@]host[:port]` of the machine to go through, or "none". What is None of it and of
    `ssh_port` is ~/.ssh/config's to say.
    """

    name: str
    cluster: str
    address: str | None
    ssh_port: int | None
    nodes: tuple[Node, ...]
    settings: NodeSettings
    jump: str | None = None

    def where(self) -> str:
        """The address; ConfigError when neither fleet.toml nor the inventory has one."""
        if self.address is None:
            raise ConfigError(
                f"host {self.name} has no address",
                hint="set address in fleet.toml or in its inventory, as `beamwright local.up` does",
            )
        return self.address


@dataclass(frozen=True)
class Cluster:
    """The hosts of one data centre."""

    name: str
    hosts: tuple[Host, ...]


@dataclass(frozen=True)
class Project:
    """What is built: `source` holds mix.exs or rebar.config, or is what is prebuilt.

    `tool` is mix, rebar3 or prebuilt, `profile` MIX_ENV, or rebar3's profiles joined by commas.
    """

    name: str
    source: Path
    tool: str
    release: str
    profile: str


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


@dataclass(frozen=True)
class Fleet:
    """All of it, as one file declares it."""

    path: Path
    inventory: Path | None
    secrets: Path
    environment: str
    project: Project
    toolchain: Toolchain
    budget: Budget
    beside: Beside
    packaging: Packaging
    registry: Registry
    sidecar: Sidecar
    ssh: Ssh
    deploy: Deploy
    signing: Signing
    checks: Path | None
    clusters: tuple[Cluster, ...]

    @property
    def folder(self) -> Path:
        """The folder of fleet.toml: paths in it start here."""
        return self.path.parent

    @cached_property
    def hosts(self) -> tuple[Host, ...]:
        """Every host, in the file's order."""
        return tuple(host for cluster in self.clusters for host in cluster.hosts)

    @cached_property
    def _by_name(self) -> dict[str, Cluster]:
        return {cluster.name: cluster for cluster in self.clusters}

    def place(self, host: Host) -> tuple[str, str, int | None, str | None, Path | None, str | None]:
        """How the host is reached: name, address, port, user, key, jump; ConfigError without an address."""
        return host.name, host.where(), host.ssh_port, self.ssh.user, self.ssh.key, host.jump

    def cluster_of(self, host: Host) -> Cluster:
        """The cluster that the host is in."""
        return self._by_name[host.cluster]

    def peers(self, host: Host, node: Node) -> tuple[tuple[Host, Node], ...]:
        """Every other node of the node's cluster, with its host."""
        return tuple(
            (other_host, other)
            for other_host in self.cluster_of(host).hosts
            for other in other_host.nodes
            if other.name != node.name
        )

    @property
    def cookie(self) -> Path:
        """The file with the Erlang cookie of the nodes."""
        return self.secrets / "cookie"

    @property
    def sidecar_cookie(self) -> Path:
        """The file with RabbitMQ's own Erlang cookie."""
        return self.secrets / "rabbitmq_cookie"

    @property
    def amqp_password(self) -> Path:
        """The file with the password of the nodes' AMQP user."""
        return self.secrets / "amqp_password"
