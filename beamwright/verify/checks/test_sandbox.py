"""The units of a host stand in the sandbox that Beamwright promises."""

from __future__ import annotations

from testinfra.host import Host as RemoteHost

from beamwright.fleet.model import Fleet
from beamwright.units import EXPOSURE
from beamwright.verify.seen import exposure


def test_the_nodes_exposure_is_low(host: RemoteHost, fleet: Fleet) -> None:
    assert exposure(host, f"{fleet.project.name}@1.service") <= EXPOSURE


def test_the_sidecars_exposure_is_low(host: RemoteHost, fleet: Fleet) -> None:
    if fleet.sidecar.enabled:
        assert exposure(host, "beamwright-rabbitmq.service") <= EXPOSURE
