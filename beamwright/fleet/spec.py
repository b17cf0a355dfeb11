"""What fleet.toml may say, key by key: the shape that the file is parsed into and the JSON schema's source.

Every model is frozen and refuses unknown keys. `None` in an override means "as in the level above":
[node] < [clusters.C.node] < [clusters.C.hosts.H.node].
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Words = Annotated[tuple[str, ...], Field(strict=False)]
"""A TOML array of strings."""


class Spec(BaseModel):
    """A table of fleet.toml: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class HealthSpec(Spec):
    """When a node is ready: an HTTP path that answers 2xx, a TCP port that accepts, or nothing but running."""

    http: str | None = Field(None, description="path asked for on the node's own port, such as /healthz")
    port: str = Field("http", description="the name, in node.ports, of the port asked")
    interval: int = Field(5, ge=1, le=300, description="seconds between two checks")
    timeout: int = Field(3, ge=1, le=60, description="seconds that one check may take")


class NodeSpec(Spec):
    """The settings of every node, before overrides."""

    count: int = Field(1, ge=1, le=64, description="nodes on each host")
    dist_port: int = Field(9100, ge=1024, le=65000, description="node n listens for its peers on this + n")
    ports: dict[str, int] = Field(default_factory=dict, description="name = port of node 1; node n has + n-1")
    vm_args: Words = Field((), description="more arguments for the Erlang VM, such as '+S 2'")
    env: dict[str, str] = Field(default_factory=dict, description="environment of every node")
    secrets: dict[str, str] = Field(default_factory=dict, description="credential name = file with its value")
    health: HealthSpec = HealthSpec()
    start_seconds: int = Field(60, ge=1, le=3600, description="a node that is not ready by then has failed")
    stop_seconds: int = Field(60, ge=1, le=3600, description="a node that has not stopped by then is killed")
    drain_seconds: int = Field(0, ge=0, le=3600, description="not ready but still serving, before it stops")
    watchdog_seconds: int = Field(30, ge=0, le=3600, description="a node unhealthy for so long is restarted; 0 = never")
    memory_max: str = Field("", description="systemd MemoryMax of one node, such as 512M; empty = none")
    tasks_max: int = Field(4096, ge=64, le=1000000, description="threads and processes of one node")
    allow_from: Words = Field((), description="networks whose clients may connect; localhost and the cluster always may; 'any' = all")


class NodeOverride(Spec):
    """The settings of [node] that a cluster or a host may set otherwise; tables are merged key by key."""

    count: int | None = Field(None, ge=1, le=64)
    ports: dict[str, int] | None = None
    vm_args: Words | None = None
    env: dict[str, str] | None = None
    secrets: dict[str, str] | None = None
    health: HealthSpec | None = None
    start_seconds: int | None = Field(None, ge=1, le=3600)
    stop_seconds: int | None = Field(None, ge=1, le=3600)
    drain_seconds: int | None = Field(None, ge=0, le=3600)
    watchdog_seconds: int | None = Field(None, ge=0, le=3600)
    memory_max: str | None = None
    tasks_max: int | None = Field(None, ge=64, le=1000000)
    allow_from: Words | None = None


class ProjectSpec(Spec):
    """What is built."""

    name: str = Field(description="name of the units, of the user and of the nodes: courier → courier1@host")
    source: str = Field(".", description="folder of mix.exs or rebar.config, from fleet.toml's folder")
    tool: Literal["mix", "rebar3"] = Field(description="how it is built")
    release: str | None = Field(None, description="the release in mix.exs or rebar.config; default: name")


class ToolchainSpec(Spec):
    """What it is built with."""

    image: str | None = Field(None, description="an image of your own to start FROM, instead of Debian's packages")
    packages: Words = Field((), description="more Debian packages that the build needs")


class SidecarSpec(Spec):
    """The RabbitMQ of every host."""

    enabled: bool = True
    port: int = Field(5672, ge=1, le=65535, description="AMQP port")
    dist_port: int = Field(25672, ge=1024, le=65535, description="port of RabbitMQ's own clustering")
    user: str = Field("", description="AMQP user of the nodes; default: the project's name")
    definitions: str | None = Field(None, description="JSON file of queues, exchanges and policies to import")
    memory_max: str = Field("", description="systemd MemoryMax; empty = none")


class SshSpec(Spec):
    """How the hosts are reached."""

    user: str = "root"
    port: int = Field(22, ge=1, le=65535)
    key: str | None = Field(None, description="private key file; without it the agent and ~/.ssh are asked")
    known_hosts: str = Field("known_hosts", description="the project's host keys; an unknown one is refused")
    connect_seconds: int = Field(10, ge=1, le=300)


class DeploySpec(Spec):
    """How a roll-out goes."""

    keep: int = Field(3, ge=2, le=50, description="releases kept on a host, the running one included")
    cluster_seconds: int = Field(60, ge=1, le=3600, description="for the cluster to be whole after a restart")


class VerifySpec(Spec):
    """Checks of your own."""

    checks: str | None = Field(None, description="folder of testinfra tests that `verify` runs too")


class HostSpec(Spec):
    """One machine."""

    address: str | None = Field(None, description="IP address or DNS name; or the inventory names it")
    port: int | None = Field(None, ge=1, le=65535, description="SSH port")
    node: NodeOverride = NodeOverride()


class ClusterSpec(Spec):
    """The hosts of one data centre."""

    hosts: dict[str, HostSpec]
    node: NodeOverride = NodeOverride()


class FleetSpec(Spec):
    """fleet.toml, whole."""

    inventory: str | None = Field(None, description="TOML file of addresses: [hosts.NAME] address, port")
    secrets: str = Field("secrets", description="folder of the cookies and the AMQP password, made by `init`")
    project: ProjectSpec
    toolchain: ToolchainSpec = ToolchainSpec()
    node: NodeSpec = NodeSpec()
    sidecar: SidecarSpec = SidecarSpec()
    ssh: SshSpec = SshSpec()
    deploy: DeploySpec = DeploySpec()
    verify: VerifySpec = VerifySpec()
    clusters: dict[str, ClusterSpec]


class InventoryHostSpec(Spec):
    """Where one host is."""

    address: str
    port: int | None = Field(None, ge=1, le=65535)


class InventorySpec(Spec):
    """The inventory file: addresses that another tool wrote."""

    hosts: dict[str, InventoryHostSpec]
