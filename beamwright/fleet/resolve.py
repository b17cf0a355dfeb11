"""Spec → model: overrides applied, names, ports and paths worked out. Decides nothing that could fail."""

from __future__ import annotations

import os
from pathlib import Path

from beamwright.fleet.merge import settings
from beamwright.fleet.model import (
    Beside,
    Budget,
    Cluster,
    Deploy,
    Fleet,
    Health,
    Host,
    Node,
    NodeSettings,
    Packaging,
    Project,
    Registry,
    Sidecar,
    Signing,
    Ssh,
    Toolchain,
)
from beamwright.fleet.share import amount, amounts
from beamwright.fleet.spec import FleetSpec, HealthSpec, InventorySpec, NodeSpec
from beamwright.fleet.tables import (
    BudgetSpec,
    DeploySpec,
    ProjectSpec,
    RegistrySpec,
    SidecarSpec,
    ToolchainSpec,
)
from beamwright.fleet.values import count_bytes


def resolve(path: Path, spec: FleetSpec, inventory: InventorySpec) -> Fleet:
    """The model of a spec read from `path`; the inventory fills in the addresses that the file leaves out."""
    folder = path.parent
    ssh = spec.ssh
    return Fleet(
        path=path,
        inventory=_optional(folder, spec.inventory),
        secrets=locate(folder, spec.secrets),
        environment=spec.environment,
        project=_project(folder, spec.project),
        toolchain=_toolchain(folder, spec.toolchain),
        budget=_budget(spec.artifact.budget),
        beside=Beside(spec.artifact.shell == "busybox", spec.artifact.include),
        packaging=Packaging(spec.artifact.compression, spec.artifact.timezones),
        registry=_registry(folder, spec.registry),
        sidecar=_sidecar(folder, spec.sidecar, spec.project.name),
        ssh=Ssh(ssh.user, _optional(folder, ssh.key), locate(folder, ssh.known_hosts), ssh.connect_seconds),
        deploy=_deploy(spec.deploy),
        signing=_signing(folder, spec),
        checks=_optional(folder, spec.verify.checks),
        clusters=tuple(
            Cluster(name, tuple(_host(folder, spec, name, host, inventory) for host in cluster.hosts))
            for name, cluster in spec.clusters.items()
        ),
    )


def locate(folder: Path, text: str) -> Path:
    """The path that a key names, absolute and without `..`; `~/` is the home of who runs this.

    Symlinks stay: following them here would fail for a loop of them, long before the file is wanted.
    """
    path = Path.home() / text[2:] if text.startswith("~/") else folder / text
    return Path(os.path.normpath(path))


def _optional(folder: Path, text: str | None) -> Path | None:
    return None if text is None else locate(folder, text)


def real(path: Path) -> Path:
    """Where links lead, so that one place has one name; a loop of them, to itself."""
    return Path(os.path.realpath(path))


def _project(folder: Path, project: ProjectSpec) -> Project:
    source = real(locate(folder, project.source))
    context = source if project.context is None else real(locate(folder, project.context))
    release = project.release or project.name
    return Project(project.name, source, project.tool, release, project.profile, context)


def _signing(folder: Path, spec: FleetSpec) -> Signing:
    signing = spec.signing
    key = locate(folder, signing.key or f"{spec.secrets}/signing_key")
    return Signing(key, locate(folder, signing.allowed_signers), signing.unsigned == "allow")


def _budget(budget: BudgetSpec) -> Budget:
    kinds = (("oci", budget.oci), ("tarball", budget.tarball))
    return Budget(
        unpacked=None if budget.unpacked is None else count_bytes(budget.unpacked),
        artifacts=tuple((kind, count_bytes(most)) for kind, most in kinds if most is not None),
        applications=tuple((name, count_bytes(most)) for name, most in budget.applications.items()),
    )


def _toolchain(folder: Path, toolchain: ToolchainSpec) -> Toolchain:
    otp = _optional(folder, toolchain.otp)
    return Toolchain(toolchain.image, toolchain.packages, otp, toolchain.network)


def _registry(folder: Path, registry: RegistrySpec) -> Registry:
    return Registry(
        registry.repository,
        registry.user,
        _optional(folder, registry.password),
        _optional(folder, registry.ca),
        registry.insecure,
        registry.pull,
    )


def _sidecar(folder: Path, sidecar: SidecarSpec, project: str) -> Sidecar:
    return Sidecar(
        enabled=sidecar.enabled,
        port=sidecar.port,
        dist_port=sidecar.dist_port,
        user=sidecar.user or project,
        definitions=_optional(folder, sidecar.definitions),
        memory_max=sidecar.memory_max,
    )


def _deploy(deploy: DeploySpec) -> Deploy:
    return Deploy(
        artifact=deploy.artifact,
        keep=deploy.keep,
        cluster_seconds=deploy.cluster_seconds,
        batch=amounts(deploy.batch),
        pause_seconds=deploy.pause_seconds,
        soak_seconds=deploy.soak_seconds,
        min_ready=amount(deploy.min_ready),
        max_fail=amount(deploy.max_fail),
        on_fail=deploy.on_fail,
        lease_seconds=deploy.lease_seconds,
    )


def _host(folder: Path, spec: FleetSpec, cluster: str, name: str, inventory: InventorySpec) -> Host:
    """One host with its nodes; what fleet.toml says of its place beats the inventory."""
    host, found = spec.clusters[cluster].hosts[name], inventory.hosts.get(name)
    node = settings(spec, cluster, name)
    return Host(
        name=name,
        cluster=cluster,
        address=host.address or (found.address if found else None),
        ssh_port=host.port or (found.port if found else None) or spec.ssh.port,
        jump=host.jump or spec.ssh.jump,
        nodes=tuple(_node(spec.project.name, name, number, node) for number in range(1, node.count + 1)),
        settings=_settings(folder, node),
    )


def _node(project: str, host: str, number: int, node: NodeSpec) -> Node:
    ports = tuple((name, port + number - 1) for name, port in node.ports.items())
    return Node(number, f"{project}{number}@{host}", node.dist_port + number, ports)


def _settings(folder: Path, node: NodeSpec) -> NodeSettings:
    return NodeSettings(
        vm_args=node.vm_args,
        env=tuple(node.env.items()),
        secrets=tuple((name, locate(folder, file)) for name, file in node.secrets.items()),
        health=_health(node.health, node.ports),
        start_seconds=node.start_seconds,
        stop_seconds=node.stop_seconds,
        drain_seconds=node.drain_seconds,
        watchdog_seconds=node.watchdog_seconds,
        memory_max=node.memory_max,
        tasks_max=node.tasks_max,
        allow_from=node.allow_from,
    )


def _health(health: HealthSpec, ports: dict[str, int]) -> Health:
    """The check with its port chosen: the one named, else `http`, else the only one, else none."""
    port = health.port or ""
    if not port and ports:
        port = "http" if "http" in ports else (next(iter(ports)) if len(ports) == 1 else "")
    return Health(health.http, port, health.interval, health.timeout, _function(health.call or ""))


def _function(name: str) -> str:
    """`module:function` as Erlang names it: MyApp.Health.check is 'Elixir.MyApp.Health':check."""
    if not name or ":" in name:
        return name
    module, _, function = name.rpartition(".")
    return f"Elixir.{module.removeprefix('Elixir.')}:{function}"
