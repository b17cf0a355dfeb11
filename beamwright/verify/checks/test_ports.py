"""Beamwright's units listen where the fleet file says, and nowhere else."""

from __future__ import annotations

import pytest
from testinfra.host import Host as RemoteHost

from beamwright.fleet.model import Fleet, Host
from beamwright.verify.seen import listening

pytestmark = pytest.mark.root


def test_the_nodes_listen_on_their_ports_alone(host: RemoteHost, fleet: Fleet, declared: Host) -> None:
    expected = {
        f"{fleet.project.name}@{node.number}.service": {node.dist_port, *dict(node.ports).values()}
        for node in declared.nodes
    }
    assert {unit: {port for _, port in listening(host, unit)} for unit in expected} == expected


def test_the_sidecar_listens_on_its_ports_alone(host: RemoteHost, fleet: Fleet) -> None:
    if fleet.sidecar.enabled:
        sockets = listening(host, "beamwright-rabbitmq.service")
        assert {port for _, port in sockets} == {fleet.sidecar.port, fleet.sidecar.dist_port}
        # Its clients are the nodes beside it, and nobody else.
        assert {address for address, port in sockets if port == fleet.sidecar.port} == {"127.0.0.1"}
