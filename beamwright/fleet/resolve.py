"""Spec → model: overrides applied, names and ports worked out."""

from __future__ import annotations

from pathlib import Path

from beamwright.fleet.model import (
    Cluster,
    Deploy,
    Fleet,
    Health,
    Host,
    Node,
    NodeSettings,
    Project,
    Sidecar,
    Ssh,
    Toolchain,
)
from beamwright.fleet.spec import FleetSpec, HostSpec, InventorySpec, NodeOverride, NodeSpec


def resolve(path: Path, spec: FleetSpec, inventory: InventorySpec | None) -> Fleet:
    """The model of a spec read from `path`; the inventory fills in the addresses that the file leaves out."""
    folder = path.parent
    clusters = tuple(
        Cluster(
            name,
            tuple(
                _host(folder, spec, name, host_name, host, _merge(_merge(spec.node, cluster.node), host.node), inventory)
                for host_name, host in cluster.hosts.items()
            ),
        )
        for name, cluster in spec.clusters.items()
    )
    project, ssh, sidecar = spec.project, spec.ssh, spec.sidecar
    return Fleet(
        path=path,
        inventory=folder / spec.inventory if spec.inventory else None,
        secrets=folder / spec.secrets,
        project=Project(project.name, (folder / project.source).resolve(), project.tool, project.release or project.name),
        toolchain=Toolchain(spec.toolchain.image, spec.toolchain.packages),
        sidecar=Sidecar(
            sidecar.enabled,
            sidecar.port,
            sidecar.dist_port,
            sidecar.user or project.name,
            folder / sidecar.definitions if sidecar.definitions else None,
            sidecar.memory_max,
        ),
        ssh=Ssh(ssh.user, folder / ssh.key if ssh.key else None, folder / ssh.known_hosts, ssh.connect_seconds),
        deploy=Deploy(spec.deploy.keep, spec.deploy.cluster_seconds),
        checks=folder / spec.verify.checks if spec.verify.checks else None,
        clusters=clusters,
    )


def _merge(node: NodeSpec, override: NodeOverride) -> NodeSpec:
    """The settings with those of the override in front; tables are merged key by key."""
    changed = {key: value for key in override.model_fields_set if (value := getattr(override, key)) is not None}
    merged = {
        key: {**getattr(node, key), **value} if isinstance(value, dict) else value for key, value in changed.items()
    }
    return node.model_copy(update=merged)


def _host(
    folder: Path,
    spec: FleetSpec,
    cluster: str,
    name: str,
    host: HostSpec,
    node: NodeSpec,
    inventory: InventorySpec | None,
) -> Host:
    """One host with its nodes."""
    found = inventory.hosts.get(name) if inventory else None
    nodes = tuple(
        Node(
            number,
            f"{spec.project.name}{number}@{name}",
            node.dist_port + number,
            tuple((key, port + number - 1) for key, port in node.ports.items()),
        )
        for number in range(1, node.count + 1)
    )
    settings = NodeSettings(
        vm_args=node.vm_args,
        env=tuple(node.env.items()),
        secrets=tuple((key, folder / file) for key, file in node.secrets.items()),
        health=Health(node.health.http, node.health.port, node.health.interval, node.health.timeout),
        start_seconds=node.start_seconds,
        stop_seconds=node.stop_seconds,
        drain_seconds=node.drain_seconds,
        watchdog_seconds=node.watchdog_seconds,
        memory_max=node.memory_max,
        tasks_max=node.tasks_max,
        allow_from=node.allow_from,
    )
    address = host.address or (found.address if found else None)
    ssh_port = host.port or (found.port if found else None) or spec.ssh.port
    return Host(name, cluster, address, ssh_port, nodes, settings)
