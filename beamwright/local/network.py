"""The network of a local fleet: a bridge of its own, with addresses that stay."""

from __future__ import annotations

import docker
from docker.errors import APIError, NotFound
from docker.models.networks import Network
from docker.types import IPAMConfig, IPAMPool

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet
from beamwright.local.identity import FLEET_LABEL, fleet_id, network_name

ATTEMPTS = 5


def owned_networks(client: docker.DockerClient, fleet: Fleet) -> list[Network]:
    """The fleet's networks: one, or two when its making was interrupted."""
    return client.networks.list(filters={"label": f"{FLEET_LABEL}={fleet_id(fleet)}"})


def ensure_network(client: docker.DockerClient, fleet: Fleet) -> Network:
    """The fleet's network, made where it is missing; ConfigError when the Engine has no subnet left."""
    name = network_name(fleet)
    for network in owned_networks(client, fleet):
        if network.name == name:
            return network
    labels = {FLEET_LABEL: fleet_id(fleet)}
    for _ in range(ATTEMPTS):
        try:
            network = client.networks.create(
                name, labels=labels, ipam=_pick(client, name, labels), check_duplicate=True
            )
        except APIError as exc:  # another fleet took the subnet in between
            refusal = str(exc)
            continue
        network.reload()
        return network
    raise ConfigError(
        "the Docker Engine has no network for the local fleet",
        hint="`docker network prune` removes those that nothing uses",
        detail=refusal,
    )


def remove_network(network: Network) -> None:
    """Removes the network; one that is gone already is fine."""
    try:
        network.remove()
    except NotFound:
        return


def _pick(client: docker.DockerClient, name: str, labels: dict[str, str]) -> IPAMConfig:
    """A subnet that the Engine finds free.

    It lets us choose containers' addresses only in a subnet that was asked for, so a first network is made
    to see which one it picks.
    """
    probe = client.networks.create(f"{name}-probe", labels=labels)
    try:
        probe.reload()
        found = probe.attrs["IPAM"]["Config"][0]
        return IPAMConfig(pool_configs=[IPAMPool(subnet=found["Subnet"], gateway=found["Gateway"])])
    finally:
        probe.remove()
