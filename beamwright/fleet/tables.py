"""The tables of the fleet file that hold for the whole fleet."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from beamwright.fleet.names import (
    AmqpUser,
    ApplicationName,
    ImageName,
    Jump,
    PackageName,
    Profile,
    ProjectName,
    RegistryUser,
    ReleaseName,
    RepositoryName,
    UserName,
)
from beamwright.fleet.share import Batch, Share
from beamwright.fleet.table import Spec
from beamwright.fleet.values import Bytes, FilePath, IncludedPath, OpenPort, Port, Size

# TOML has arrays only; a frozen model holds tuples.
Includes = Annotated[tuple[IncludedPath, ...], Field(strict=False)]
Packages = Annotated[tuple[PackageName, ...], Field(strict=False)]


class ProjectSpec(Spec):
    """What is built."""

    name: ProjectName = Field(description="name of the units, of their user and of the nodes: courier1@host")
    source: FilePath = Field(
        ".", description="folder of mix.exs or rebar.config; prebuilt: a release, its folder or tarball"
    )
    context: FilePath | None = Field(
        None,
        description="folder of a monorepo that the build gets to see, with the source in it: for dependencies"
        " by path beside the source; default: project.source",
    )
    tool: Literal["mix", "rebar3", "prebuilt"] = Field(
        description="what builds it; prebuilt: a release that is there already"
    )
    release: ReleaseName | None = Field(
        None, description="the release in mix.exs or rebar.config; default: project.name"
    )
    profile: Profile = Field("prod", description="MIX_ENV, or profiles of rebar.config, such as prod,eu")


class ToolchainSpec(Spec):
    """What it is built with."""

    image: ImageName | None = Field(
        None, description="an image of your own to start FROM, instead of Debian's packages"
    )
    packages: Packages = Field((), description="more Debian packages that the build needs")
    otp: FilePath | None = Field(
        None, description="an installed OTP on this machine, instead of the one that the image has"
    )
    network: bool = Field(True, description="false: the dependencies are there, nothing may be fetched")


class BudgetSpec(Spec):
    """The most that a build may weigh, such as "36 MB" (1 MB = 1,000,000 bytes); over it, it fails."""

    unpacked: Bytes | None = Field(None, description="all files of the tree")
    oci: Bytes | None = Field(None, description="the image on the wire: its layers, compressed")
    tarball: Bytes | None = Field(None, description="the tarball on the wire")
    applications: dict[ApplicationName, Bytes] = Field(
        default_factory=dict, description="name = size of that application's files"
    )


class ArtifactSpec(Spec):
    """What is made of the release."""

    budget: BudgetSpec = Field(BudgetSpec(), description="how big it may be")
    shell: Literal["none", "busybox"] = Field(
        "none", description="busybox: /bin/sh and its small programs are there, for os:cmd"
    )
    include: Includes = Field(
        (), description="files and folders here that go along: ops/ca.pem is /app/ops/ca.pem in the tree"
    )
    compression: Literal["zstd", "gzip"] = Field(
        "zstd", description="of the image's layers: zstd is a fifth smaller, gzip for registries of old"
    )
    timezones: bool = Field(
        False, description="ship the time zones, for TZ and local time; without them libc knows UTC only"
    )


class RegistrySpec(Spec):
    """Where `push` sends the image."""

    repository: RepositoryName | None = Field(
        None, description="registry and repository, such as registry.example.net/team/my_app"
    )
    user: RegistryUser | None = Field(None, description="who logs in; default: nobody")
    password: FilePath | None = Field(None, description="file with the password or token, mode 0600")
    ca: FilePath | None = Field(None, description="PEM file of the CA that signed the registry's certificate")
    insecure: bool = Field(False, description="plain HTTP: whoever is on the way reads and changes it")
    pull: bool = Field(
        False, description="hosts that run images get layers from here, by skopeo, instead of over SSH"
    )


class SidecarSpec(Spec):
    """The RabbitMQ of every host."""

    enabled: bool = Field(True, description="whether hosts have one")
    port: OpenPort = Field(5672, description="AMQP port")
    dist_port: OpenPort = Field(25672, description="port of RabbitMQ's own clustering")
    user: AmqpUser = Field("", description="AMQP user of the nodes; default: project.name")
    definitions: FilePath | None = Field(
        None, description="JSON file of queues, exchanges and policies to import"
    )
    memory_max: Size = Field("", description="systemd MemoryMax, such as 1G; empty = none")


class SshSpec(Spec):
    """How the hosts are reached."""

    user: UserName | None = Field(
        None, description="who logs in: root, or a user that may sudo; default: ~/.ssh/config's, or root"
    )
    port: Port | None = Field(
        None, description="SSH port of hosts that name none; default: ~/.ssh/config's, or 22"
    )
    key: FilePath | None = Field(
        None, description="private key; default: ~/.ssh/config's, the agent's and ~/.ssh's"
    )
    jump: Jump | None = Field(
        None, description="a machine to go through, [user@]host[:port], or none; default: ~/.ssh/config's"
    )
    known_hosts: FilePath = Field("known_hosts", description="the hosts' keys; an unknown one is refused")
    connect_seconds: int = Field(10, ge=1, le=300, description="a host that has not answered by then is down")


class DeploySpec(Spec):
    """How a roll-out goes."""

    artifact: Literal["tarball", "oci"] = Field(
        "tarball",
        description="what hosts run: the tree from the tarball, or the OCI image under podman 4.3 or newer",
    )
    keep: int = Field(3, ge=2, le=50, description="releases kept on a host, the running one included")
    cluster_seconds: int = Field(60, ge=1, le=3600, description="for the cluster to be whole after a restart")
    batch: Batch = Field(
        "1",
        description="hosts of a cluster at once, one batch after the other: 1,25%,100%; the first has one",
    )
    pause_seconds: int = Field(0, ge=0, le=86400, description="wait between two batches")
    soak_seconds: int = Field(
        3, ge=0, le=3600, description="a batch stays healthy for so long before the next"
    )
    min_ready: Share = Field(
        "50%", description="nodes of a cluster that stay ready, or a share, rounded down"
    )
    max_fail: Share = Field("0", description="hosts, or a share of them, that may fail before all is ended")
    on_fail: Literal["revert", "stop"] = Field(
        "revert", description="what was changed goes back, or stays as it is for a person to look at"
    )
    lease_seconds: int = Field(
        300,
        ge=10,
        le=86400,
        description="a deployer that is not heard of for so long is dead: what it did not confirm goes back",
    )


class SigningSpec(Spec):
    """Who vouches for artifacts. Without a key that signs, nothing is built or deployed."""

    key: FilePath | None = Field(
        None,
        description="private SSH key, or the public half of one in the ssh agent; default: signing_key in "
        "the secrets folder, which `init` makes",
    )
    allowed_signers: FilePath = Field(
        "allowed_signers",
        description="whose signatures count, in the format of ssh-keygen(1); keep it in version control",
    )
    unsigned: Literal["refuse", "allow"] = Field(
        "refuse", description="what is done with an artifact that nobody has signed"
    )


class VerifySpec(Spec):
    """Checks of your own."""

    checks: FilePath | None = Field(None, description="folder of testinfra tests that `verify` runs too")
