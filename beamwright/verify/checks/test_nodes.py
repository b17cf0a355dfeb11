"""The nodes of a host run, are the declared ones, and are one cluster."""

from __future__ import annotations

from testinfra.host import Host as RemoteHost

from beamwright.fleet.model import Fleet, Host
from beamwright.verify.seen import node_status, running_instances, unit_property


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
    current = host.check_output(f"readlink /opt/beamwright/{fleet.project.name}/current")
    version = current.rsplit("/", 1)[-1].rsplit("-", 1)[0]
    assert {status["version"] for status in node_status(host, fleet, declared)} == {version}


def test_every_node_sees_every_other_of_its_cluster(host: RemoteHost, fleet: Fleet, declared: Host) -> None:
    expected = len(fleet.peers(declared, declared.nodes[0]))
    seen = {
        status["node"]: (status["peers"], status["missing"]) for status in node_status(host, fleet, declared)
    }
    assert seen == {node.name: (expected, []) for node in declared.nodes}


def test_no_node_was_started_again_by_a_crash(host: RemoteHost, fleet: Fleet, declared: Host) -> None:
    restarts = {
        node.number: unit_property(host, f"{fleet.project.name}@{node.number}", "NRestarts")
        for node in declared.nodes
    }
    assert restarts == dict.fromkeys(restarts, "0")
