"""What no single key shows: names, addresses, ports and times that have to fit together on every host."""

from __future__ import annotations

from collections.abc import Iterator

from beamwright.fleet.explain import Defect
from beamwright.fleet.merge import origin
from beamwright.fleet.model import Fleet, Host
from beamwright.fleet.ports import check_ports
from beamwright.fleet.reserved import reserved_env
from beamwright.fleet.show import Key, dotted, nearest
from beamwright.fleet.spec import FleetSpec

_LONGEST_NODE_NAME = 255
"""Bytes of an Erlang atom."""

_AMQP_ENV = ("AMQP_HOST", "AMQP_PORT", "AMQP_USER", "AMQP_PASSWORD")


def check(spec: FleetSpec, fleet: Fleet) -> tuple[Defect, ...]:
    """Every defect of a fleet whose keys are all right by themselves; what all hosts share is told once."""
    found: dict[Key, Defect] = {}
    for defect in _defects(spec, fleet):
        found.setdefault(defect.key, defect)
    return tuple(found.values())


def _defects(spec: FleetSpec, fleet: Fleet) -> Iterator[Defect]:
    yield from _check_profile(spec)
    yield from _check_context(spec, fleet)
    yield from _check_user(fleet)
    yield from _check_registry(fleet)
    yield from _check_names(fleet)
    yield from _check_addresses(fleet)
    for host in fleet.hosts:
        yield from check_ports(spec, fleet, host)
        yield from _check_env(spec, fleet, host)
        yield from _check_health(spec, host)


def _at(host: Host) -> Key:
    """The key of the host's table."""
    return ("clusters", host.cluster, "hosts", host.name)


def _check_profile(spec: FleetSpec) -> Iterator[Defect]:
    key, project = ("project", "profile"), spec.project
    if project.tool == "mix" and "," in project.profile:
        yield Defect(key, f"mix knows one at a time, not {project.profile}", "only rebar3 joins profiles")
    if project.tool == "prebuilt" and "profile" in project.model_fields_set:
        yield Defect(key, "is for what gets compiled, and tool is prebuilt", "remove it")


def _check_context(spec: FleetSpec, fleet: Fleet) -> Iterator[Defect]:
    key, project = ("project", "context"), fleet.project
    if not project.source.is_relative_to(project.context):
        yield Defect(
            key, f"{project.context} does not hold the source, {project.source}", "name a folder above it"
        )
    if project.tool == "prebuilt" and spec.project.context is not None:
        yield Defect(key, "is for what gets compiled, and tool is prebuilt", "remove it")


def _check_user(fleet: Fleet) -> Iterator[Defect]:
    if fleet.project.name == fleet.ssh.user:
        yield Defect(
            ("project", "name"),
            f"{fleet.project.name} is ssh.user too; the nodes need a user of their own",
            "log in as another user, such as deploy",
        )


def _check_registry(fleet: Fleet) -> Iterator[Defect]:
    given = {"user": fleet.registry.user, "password": fleet.registry.password}
    missing = [key for key, value in given.items() if value is None]
    if len(missing) == 1:
        yield Defect(("registry", missing[0]), "is missing: a user and a password make a login")
    if fleet.registry.pull and fleet.registry.repository is None:
        yield Defect(("registry", "repository"), "is missing: hosts are to pull from it")
    if fleet.registry.pull and fleet.deploy.artifact != "oci":
        yield Defect(("registry", "pull"), "is for hosts that run images", 'set artifact = "oci" in [deploy]')


def _check_names(fleet: Fleet) -> Iterator[Defect]:
    first: dict[str, Host] = {}
    for host in fleet.hosts:
        if (other := first.setdefault(host.name, host)) is not host:
            yield Defect(
                _at(host),
                f"cluster {other.cluster} has a host {host.name} too",
                "names are of one host each, in the whole fleet",
            )
        if len(host.nodes[-1].name) > _LONGEST_NODE_NAME:
            yield Defect(_at(host), f"the name is too long: {host.nodes[-1].name} is no Erlang node name")
    for cluster in fleet.clusters:
        dotless = [host.name for host in cluster.hosts if "." not in host.name]
        if dotless and len(dotless) < len(cluster.hosts):
            yield Defect(
                ("clusters", cluster.name, "hosts"),
                f"names with and without dots can't form one cluster: {dotless[0]} has none",
                "Erlang joins nodes with short names or nodes with long names, never both",
            )


def _check_addresses(fleet: Fleet) -> Iterator[Defect]:
    first: dict[tuple[str, int], Host] = {}
    for host in fleet.hosts:
        if host.address is None:
            continue
        place = (host.address, host.ssh_port or 22)
        if (other := first.setdefault(place, host)).name != host.name:
            yield Defect(
                (*_at(host), "address"),
                f"{host.address} (SSH port {host.ssh_port or 22}) is the host {other.name}",
            )


def _check_env(spec: FleetSpec, fleet: Fleet, host: Host) -> Iterator[Defect]:
    """Variables that Beamwright makes of other keys: NAME_PORT of the ports, AMQP_… of the sidecar."""
    amqp = dict.fromkeys(_AMQP_ENV, "[sidecar] sets it") if fleet.sidecar.enabled else {}
    ports = {f"{name.upper()}_PORT": name for name, _ in host.nodes[0].ports}
    for variable, name in ports.items():
        if reason := reserved_env(variable) or amqp.get(variable):
            key = origin(spec, host.cluster, host.name, "ports", name)
            yield Defect(key, f"its variable would be {variable}: {reason}", "give the port another name")
    for variable, _ in host.settings.env:
        key = origin(spec, host.cluster, host.name, "env", variable)
        if variable in amqp:
            yield Defect(key, f"may not be set: {amqp[variable]}")
        elif variable in ports:
            port = origin(spec, host.cluster, host.name, "ports", ports[variable])
            yield Defect(key, f"may not be set: it holds the port {dotted(port)}")


def _check_health(spec: FleetSpec, host: Host) -> Iterator[Defect]:
    health, names = host.settings.health, [name for name, _ in host.nodes[0].ports]
    key = origin(spec, host.cluster, host.name, "health", "port")
    if health.call and health.http is not None:
        key = origin(spec, host.cluster, host.name, "health", "call")
        yield Defect(key, "is one check too many beside health.http", "leave one of them out")
    elif not health.port and len(names) > 1 and not health.call:
        yield Defect(
            key, f"is missing: which of the ports is asked, {', '.join(names)}?", f'port = "{names[0]}"'
        )
    elif health.port and health.port not in names:
        likely = nearest(health.port, names)
        hint = f'did you mean "{likely}"?' if likely else f"add it: ports = {{ {health.port} = 8080 }}"
        yield Defect(key, f'there is no port "{health.port}" in the ports of node', hint)
    elif health.http is not None and not names:
        key = origin(spec, host.cluster, host.name, "health", "http")
        yield Defect(key, "the nodes have no port to ask", "add ports = { http = 8080 } to [node]")
    watchdog, slowest = host.settings.watchdog_seconds, health.interval + health.timeout
    if 0 < watchdog <= slowest:
        key = origin(spec, host.cluster, host.name, "watchdog_seconds")
        yield Defect(
            key, f"must be over health.interval + health.timeout, {slowest}, is {watchdog}", "or 0 for never"
        )
