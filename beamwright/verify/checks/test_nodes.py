"""The nodes of a host run, are the declared ones, and are one cluster."""

from __future__ import annotations

from testinfra.host import Host as RemoteHost

from beamwright.fleet.model import Fleet, Host
from beamwright.verify.seen import (
    current_release,
    node_status,
    running_instances,
    running_releases,
    seconds_since_start,
    unit_property,
)

SETTLED_SECONDS = 300
"""After that a crash that systemd has mended is history: no reason to call the fleet bad for ever."""


def test_exactly_the_declared_nodes_run(host: RemoteHost, fleet: Fleet, declared: Host) -> None:
    assert running_instances(host, fleet.project.name) == {node.number for node in declared.nodes}


def test_the_units_are_active_and_enabled(host: RemoteHost, fleet: Fleet, declared: Host) -> None:
    units = [f"{fleet.project.name}@{node.number}" for node in declared.nodes]
    units += ["beamwright-rabbitmq"] if fleet.sidecar.enabled else []
    states = {unit: (host.service(unit).is_running, host.service(unit).is_enabled) for unit in units}
    assert states == dict.fromkeys(units, (True, True))


def test_every_node_is_ready_under_its_own_name(host: RemoteHost, fleet: Fleet, declared: Host) -> None:
    seen = [(status["node"], status["ready"]) for status in node_status(host, fleet, declared)]
    assert seen == [(node.name, True) for node in declared.nodes]


def test_every_node_runs_the_release_that_current_names(
    host: RemoteHost, fleet: Fleet, declared: Host
) -> None:
    current = current_release(host, fleet.project.name)
    units = [f"{fleet.project.name}@{node.number}.service" for node in declared.nodes]
    running = running_releases(host, fleet.project.name)
    assert {unit: running.get(unit) for unit in units} == dict.fromkeys(units, current)
    versions = {status["version"] for status in node_status(host, fleet, declared)}
    assert versions == {current.rpartition("-")[0]}


def test_every_node_sees_every_other_of_its_cluster(host: RemoteHost, fleet: Fleet, declared: Host) -> None:
    expected = len(fleet.peers(declared, declared.nodes[0]))
    seen = {
        status["node"]: (status["peers"], status["missing"]) for status in node_status(host, fleet, declared)
    }
    assert seen == {node.name: (expected, []) for node in declared.nodes}


def test_no_node_has_just_been_started_again_by_a_crash(
    host: RemoteHost, fleet: Fleet, declared: Host
) -> None:
    for node in declared.nodes:
        unit = f"{fleet.project.name}@{node.number}.service"
        crashes, seconds = unit_property(host, unit, "NRestarts"), seconds_since_start(host, unit)
        assert crashes == "0" or seconds > SETTLED_SECONDS, unit
