"""The units of a host stand in the sandbox that Beamwright promises."""

from __future__ import annotations

import pytest
from testinfra.host import Host as RemoteHost

from beamwright.fleet.model import Fleet, Host
from beamwright.units import EXPOSURE
from beamwright.verify.seen import exposure, node_process


def test_the_nodes_exposure_is_low(host: RemoteHost, fleet: Fleet) -> None:
    if fleet.deploy.artifact == "oci":
        pytest.skip("the nodes' sandbox is podman's, which systemd does not know")
    assert exposure(host, f"{fleet.project.name}@1.service") <= EXPOSURE


def test_the_nodes_have_no_privileges(host: RemoteHost, fleet: Fleet, declared: Host) -> None:
    for node in declared.nodes:
        pid = node_process(host, f"{fleet.project.name}@{node.number}.service")
        told = host.check_output(f"grep -E '^(CapBnd|CapEff|NoNewPrivs|Seccomp):' /proc/{pid}/status")
        assert told.split() == [
            *("CapEff:", "0" * 16, "CapBnd:", "0" * 16, "NoNewPrivs:", "1", "Seccomp:", "2")
        ], node.name


def test_the_sidecars_exposure_is_low(host: RemoteHost, fleet: Fleet) -> None:
    if fleet.sidecar.enabled:
        assert exposure(host, "beamwright-rabbitmq.service") <= EXPOSURE
