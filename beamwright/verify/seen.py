"""What a host shows of itself, read over testinfra for the checks."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

from testinfra.host import Host as RemoteHost

from beamwright.fleet.model import Fleet, Host


def unit_property(host: RemoteHost, unit: str, name: str) -> str:
    """One property of a unit as systemctl show gives it."""
    return str(host.check_output(f"systemctl show --value -p {name} {shlex.quote(unit)}"))


def seconds_since_start(host: RemoteHost, unit: str) -> int:
    """How long ago the unit became active, by the host's own clock; negative when it is not active."""
    shown = host.check_output(
        "date +@%s; systemctl show --timestamp=unix --value -p ActiveEnterTimestamp " + shlex.quote(unit)
    )
    now, *started = (int(line.removeprefix("@")) for line in shown.split())
    return now - started[0] if started else -1


def running_releases(host: RemoteHost, app: str) -> dict[str, str]:
    """Unit → release that its process was started from, as the host's helper has it from the kernel."""
    releases: dict[str, str] = {}
    for shown in ask_helper(host, f"status {app}").split("show \n"):
        values = dict(re.findall(r"^show (\w+)=(.*)$", shown, re.MULTILINE))
        releases[values.get("Id", "")] = values.get("Running", "")
    return releases


def current_release(host: RemoteHost, app: str) -> str:
    """The release that `current` names."""
    return str(host.check_output(f"readlink /opt/beamwright/{app}/current")).rpartition("/")[2]


def node_status(host: RemoteHost, fleet: Fleet, declared: Host) -> list[dict[str, Any]]:
    """What each declared node says of itself in its unit's status text, in the fleet file's order."""
    texts = [
        unit_property(host, f"{fleet.project.name}@{node.number}", "StatusText") for node in declared.nodes
    ]
    return [json.loads(text) for text in texts]


def running_instances(host: RemoteHost, project: str) -> set[int]:
    """The numbers of the node units that are loaded and not dead."""
    listing = host.check_output(
        f"systemctl list-units --plain --no-legend --state=active,activating,failed '{project}@*.service'"
    )
    return {int(number) for number in re.findall(rf"^{project}@(\d+)\.service", listing, re.MULTILINE)}


def exposure(host: RemoteHost, unit: str) -> float:
    """The exposure level of a running unit."""
    text = host.check_output(f"systemd-analyze security --no-pager {shlex.quote(unit)}")
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", text)
    assert found, f"systemd-analyze printed no exposure level:\n{text}"
    return float(found[1])


def processes(host: RemoteHost, unit: str) -> set[str]:
    """The ids of all processes of a unit that runs."""
    group = unit_property(host, unit, "ControlGroup")
    assert group, f"{unit} does not run"
    return set(host.check_output(f"grep -lsF {shlex.quote(group)} /proc/[0-9]*/cgroup | cut -d/ -f3").split())


def node_process(host: RemoteHost, unit: str) -> str:
    """The id of the Erlang VM of a unit: its main process, or the child of podman's monitor."""
    main = unit_property(host, unit, "MainPID")
    if host.check_output(f"cat /proc/{main}/comm") != "conmon":
        return main
    return str(host.check_output(f"cat /proc/{main}/task/{main}/children")).split()[0]


def listening(host: RemoteHost, unit: str) -> set[tuple[str, int]]:
    """Address and port of every TCP socket that the processes of a unit listen on."""
    pids, sockets = processes(host, unit), set()
    for line in host.check_output("ss -Hltnp").splitlines():
        if pids & set(re.findall(r"pid=(\d+)", line)):
            address, _, port = line.split()[3].rpartition(":")
            sockets.add((address, int(port)))
    return sockets


def secret_values(fleet: Fleet, declared: Host) -> list[tuple[str, str]]:
    """Every secret of the host with its value, from the fleet's own files."""
    files = [("cookie", fleet.cookie), *declared.settings.secrets]
    if fleet.sidecar.enabled:
        files += [("rabbitmq_cookie", fleet.sidecar_cookie), ("amqp_password", fleet.amqp_password)]
    return [(name, path.read_text("utf-8").strip()) for name, path in files]


def rabbitmq(host: RemoteHost, verb: str) -> Any:
    """What RabbitMQ says of its `members` or `users`, as JSON, through the host's helper."""
    return json.loads(ask_helper(host, f"{verb} rabbitmq"))


def ask_helper(host: RemoteHost, words: str) -> str:
    """What the host's helper answers, to root or to a user whose sudo allows it alone."""
    return str(host.check_output(f'$([ "$(id -u)" = 0 ] || echo sudo -n) /opt/beamwright/host {words}'))
