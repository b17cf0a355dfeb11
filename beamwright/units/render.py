"""The files of a host, but for the secrets:

/etc/systemd/system/<project>@.service   every node is an instance of it, 1 to count
                    <project>.target     starts and stops them together
                    <project>.slice      accounts for them together
/etc/sysusers.d/beamwright-<project>.conf, /etc/tmpfiles.d/beamwright-<project>.conf
/etc/beamwright/<project>/<n>.env        name, ports, peers of node n, and the user's environment
and those of RabbitMQ, when the fleet has it.
"""

from __future__ import annotations

import shlex

from beamwright.fleet import Fleet, Host, Node
from beamwright.units.environment import node_environment
from beamwright.units.escape import environment_value, podman_value, word
from beamwright.units.file import HostFile
from beamwright.units.firewall import allowed_addresses
from beamwright.units.rabbitmq import render_sidecar
from beamwright.units.secrets import credentials
from beamwright.units.template import fill

_NODE = {"tarball": "node.service.j2", "oci": "node.podman.service.j2"}
"""The template of the nodes' unit, by what hosts run."""


def render(fleet: Fleet, host: Host) -> tuple[HostFile, ...]:
    """Every file that the host shall have, but for secrets; ConfigError names the key of a wrong value."""
    nodes = tuple(_environment_file(fleet, host, node) for node in host.nodes)
    sidecar = render_sidecar(fleet, host) if fleet.sidecar.enabled else ()
    return (*_project_files(fleet, host), *nodes, *sidecar)


def _project_files(fleet: Fleet, host: Host) -> tuple[HostFile, ...]:
    """Units, user and folders of the project."""
    name, values = fleet.project.name, _values(fleet, host)
    return tuple(
        HostFile(path, fill(fleet, template, **values))
        for template, path in (
            (_NODE[fleet.deploy.artifact], f"/etc/systemd/system/{name}@.service"),
            ("node.target.j2", f"/etc/systemd/system/{name}.target"),
            ("node.slice.j2", f"/etc/systemd/system/{name}.slice"),
            ("sysusers.conf.j2", f"/etc/sysusers.d/beamwright-{name}.conf"),
            ("tmpfiles.conf.j2", f"/etc/tmpfiles.d/beamwright-{name}.conf"),
        )
    )


def _values(fleet: Fleet, host: Host) -> dict[str, object]:
    """What the templates are filled with, ready to be written as it is."""
    settings = host.settings
    return {
        "project": fleet.project.name,
        "sidecar": fleet.sidecar.enabled,
        "vm_args": _vm_words(settings.vm_args),
        "credentials": credentials(fleet, host),
        "addresses": " ".join(allowed_addresses(fleet, host)),
        "start_seconds": settings.start_seconds,
        "stop_seconds": settings.drain_seconds + settings.stop_seconds,
        "watchdog_seconds": settings.watchdog_seconds,
        "memory_max": settings.memory_max,
        "tasks_max": settings.tasks_max,
    }


def _vm_words(vm_args: tuple[str, ...]) -> tuple[str, ...]:
    """The arguments of the Erlang VM as words of an Exec line; an entry such as '+S 2' holds several."""
    return tuple(word(part, "node.vm_args") for entry in vm_args for part in shlex.split(entry))


def _environment_file(fleet: Fleet, host: Host, node: Node) -> HostFile:
    """The environment file of one node, in systemd's words or in podman's."""
    say = environment_value if fleet.deploy.artifact == "tarball" else podman_value
    environment = {
        name: say(value, f"node.env.{name}") for name, value in node_environment(fleet, host, node).items()
    }
    name = fleet.project.name
    text = fill(fleet, "node.env.j2", node=node.name, environment=environment)
    return HostFile(f"/etc/beamwright/{name}/{node.number}.env", text)
