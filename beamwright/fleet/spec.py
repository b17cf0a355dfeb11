"""What fleet.toml may say, key by key: what it is parsed into, and the source of schema and reference.

Every table is frozen and refuses unknown keys. A `node` table stands at three levels, and the nearest that
sets a key counts: [node] < [clusters.C.node] < [clusters.C.hosts.H.node].
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from beamwright.fleet.names import (
    ClusterName,
    CredentialName,
    EnvironmentName,
    EnvName,
    FunctionName,
    HostName,
    Jump,
    PortName,
)
from beamwright.fleet.table import Spec
from beamwright.fleet.tables import (
    ArtifactSpec,
    DeploySpec,
    ProjectSpec,
    RegistrySpec,
    SidecarSpec,
    SigningSpec,
    SshSpec,
    ToolchainSpec,
    VerifySpec,
)
from beamwright.fleet.values import Address, FilePath, HttpPath, Line, Network, OpenPort, Port, Size, VmArg

# TOML has arrays only; a frozen model holds tuples.
VmArgs = Annotated[tuple[VmArg, ...], Field(strict=False)]
Networks = Annotated[tuple[Network, ...], Field(strict=False)]


class HealthSpec(Spec):
    """When a node is ready: an HTTP path answers 2xx, a function says so, or a TCP port accepts.

    Without any of them, and without ports, it is ready when it runs.
    """

    http: HttpPath | None = Field(None, description="path asked for on the node's own port, such as /healthz")
    call: FunctionName | None = Field(
        None, description="a function of the application that gives ok, {ok, _} or true: MyApp.Health.check"
    )
    port: PortName | None = Field(
        None, description="the port of node.ports that is asked; default: http, or the only one"
    )
    interval: int = Field(5, ge=1, le=300, description="seconds between two checks")
    timeout: int = Field(3, ge=1, le=60, description="seconds that one check may take")


class NodeSpec(Spec):
    """The settings of every node. A cluster or a host may set any of them otherwise; tables are merged."""

    count: int = Field(1, ge=1, le=64, description="nodes on each host")
    dist_port: int = Field(9100, ge=1024, le=65000, description="node n listens for its peers on this + n")
    ports: dict[PortName, OpenPort] = Field(
        default_factory=dict, description="name = port of node 1, node n has + n-1; the node reads NAME_PORT"
    )
    vm_args: VmArgs = Field((), description="more arguments for the Erlang VM, such as '+S 2'")
    env: dict[EnvName, Line] = Field(default_factory=dict, description="environment of every node")
    secrets: dict[CredentialName, FilePath] = Field(
        default_factory=dict, description="name = file; the node reads $CREDENTIALS_DIRECTORY/name"
    )
    health: HealthSpec = Field(HealthSpec(), description="when a node is ready")
    start_seconds: int = Field(60, ge=1, le=3600, description="a node that is not ready by then has failed")
    stop_seconds: int = Field(60, ge=1, le=3600, description="a node that has not stopped by then is killed")
    drain_seconds: int = Field(0, ge=0, le=3600, description="not ready but still serving, before it stops")
    watchdog_seconds: int = Field(
        30, ge=0, le=3600, description="a node unhealthy for so long is restarted; 0 = never"
    )
    memory_max: Size = Field("", description="systemd MemoryMax of one node, such as 512M; empty = none")
    tasks_max: int = Field(4096, ge=64, le=1000000, description="threads and processes of one node")
    allow_from: Networks = Field(
        (), description="networks whose clients may connect, or 'any'; localhost and the cluster always may"
    )


class HostSpec(Spec):
    """One machine. Its name is that of its nodes: courier1@NAME."""

    address: Address | None = Field(None, description="IP address or DNS name; or the inventory names it")
    port: Port | None = Field(None, description="SSH port; default: ssh.port")
    jump: Jump | None = Field(None, description="a machine to go through; default: ssh.jump")
    node: NodeSpec = Field(NodeSpec(), description="settings of this host's nodes")


class ClusterSpec(Spec):
    """The hosts of one data centre: all their names with a dot, or none."""

    hosts: dict[HostName, HostSpec] = Field(min_length=1, description="the machines, by name")
    node: NodeSpec = Field(NodeSpec(), description="settings of this cluster's nodes")


class FleetSpec(Spec):
    """fleet.toml, whole. Paths start at its folder."""

    inventory: FilePath | None = Field(
        None, description="TOML file of addresses that another tool writes: [hosts.NAME] address, port"
    )
    secrets: FilePath = Field("secrets", description="folder of the cookies and the AMQP password")
    environment: EnvironmentName = Field(
        "production", description="what this fleet is; what was built for another one is not deployed to it"
    )
    project: ProjectSpec = Field(description="what is built")
    toolchain: ToolchainSpec = Field(ToolchainSpec(), description="what it is built with")
    artifact: ArtifactSpec = Field(ArtifactSpec(), description="what is made of it")
    node: NodeSpec = Field(NodeSpec(), description="settings of every node")
    registry: RegistrySpec = Field(RegistrySpec(), description="where `push` sends the image")
    sidecar: SidecarSpec = Field(SidecarSpec(), description="the RabbitMQ of every host")
    ssh: SshSpec = Field(SshSpec(), description="how the hosts are reached")
    deploy: DeploySpec = Field(DeploySpec(), description="how a roll-out goes")
    signing: SigningSpec = Field(SigningSpec(), description="who vouches for artifacts")
    verify: VerifySpec = Field(VerifySpec(), description="checks of your own")
    clusters: dict[ClusterName, ClusterSpec] = Field(min_length=1, description="the data centres, by name")


class InventoryHostSpec(Spec):
    """Where one host is."""

    address: Address = Field(description="IP address or DNS name")
    port: Port | None = Field(None, description="SSH port; default: ssh.port")


class InventorySpec(Spec):
    """The inventory: addresses that another tool wrote. Hosts that fleet.toml has not are passed over."""

    hosts: dict[HostName, InventoryHostSpec] = Field(description="where each host is, by name")
