"""The sidecars of a cluster's hosts are one RabbitMQ cluster, without a guest."""

from __future__ import annotations

import pytest
from testinfra.host import Host as RemoteHost

from beamwright.fleet.model import Fleet, Host
from beamwright.verify.seen import rabbitmq


@pytest.fixture(autouse=True)
def _sidecar(fleet: Fleet) -> None:
    if not fleet.sidecar.enabled:
        pytest.skip("the fleet file has no sidecar")


def test_the_cluster_has_every_member(host: RemoteHost, fleet: Fleet, declared: Host) -> None:
    members = {f"rabbit@{other.name}" for other in fleet.cluster_of(declared).hosts}
    assert set(rabbitmq(host, "members")["running_nodes"]) == members


def test_there_is_no_guest_user(host: RemoteHost, fleet: Fleet) -> None:
    names = {user["user"] for user in rabbitmq(host, "users")}
    assert fleet.sidecar.user in names
    assert "guest" not in names
