"""The fleet as frozen values: what every other module reads. Paths are absolute, overrides applied."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from beamwright.fleet.settings import (
    Beside,
    Budget,
    Deploy,
    Packaging,
    Project,
    Registry,
    Sidecar,
    Signing,
    Ssh,
    Toolchain,
)
from beamwright.fleet.topology import Cluster, Health, Host, Node, NodeSettings

__all__ = [
    "Beside",
    "Budget",
    "Cluster",
    "Deploy",
    "Fleet",
    "Health",
    "Host",
    "Node",
    "NodeSettings",
    "Packaging",
    "Project",
    "Registry",
    "Sidecar",
    "Signing",
    "Ssh",
    "Toolchain",
]


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
