"""The sidecars of a cluster's hosts are one RabbitMQ cluster, without a guest."""

from __future__ import annotations

import pytest
from testinfra.host import Host as RemoteHost

from beamwright.fleet.model import Fleet, Host
from beamwright.verify.seen import current_release, rabbitmq, running_releases


@pytest.fixture(autouse=True)
def _sidecar(fleet: Fleet) -> None:
    if not fleet.sidecar.enabled:
        pytest.skip("the fleet file has no sidecar")


def test_it_runs_the_release_that_current_names(host: RemoteHost) -> None:
    running = running_releases(host, "rabbitmq")["beamwright-rabbitmq.service"]
    assert running == current_release(host, "rabbitmq")


def test_the_cluster_has_every_member(host: RemoteHost, fleet: Fleet, declared: Host) -> None:
    members = {f"rabbit@{other.name}" for other in fleet.cluster_of(declared).hosts}
    assert set(rabbitmq(host, "members")["running_nodes"]) == members


def test_there_is_no_guest_user(host: RemoteHost, fleet: Fleet) -> None:
    names = {user["user"] for user in rabbitmq(host, "users")}
    assert fleet.sidecar.user in names
    assert "guest" not in names
