"""The container that plays a host: what it is made with, and made anew when that has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Literal, TypedDict

import docker
from docker.errors import NotFound
from docker.models.containers import Container
from docker.models.networks import Network

from beamwright.fleet import Fleet, Host
from beamwright.local.identity import (
    FLEET_LABEL,
    HOST_LABEL,
    RECIPE_LABEL,
    container_name,
    fleet_id,
    network_name,
)


class Flags(TypedDict):
    """Words of the Docker SDK's `create`, which are those of `docker run` with dashes."""

    cap_add: list[str]
    cap_drop: list[str]
    security_opt: list[str]
    cgroupns: Literal["private"]
    tmpfs: dict[str, str]
    stop_signal: str


FLAGS: Flags = {
    # Everything but what a machine's own root may lack: --privileged fails without CAP_SYS_RESOURCE.
    "cap_add": ["ALL"],
    "cap_drop": ["SYS_RESOURCE"],
    # systemd makes mounts and namespaces for its units, which both profiles forbid.
    "security_opt": ["seccomp=unconfined", "apparmor=unconfined"],
    "cgroupns": "private",
    "tmpfs": {"/run": "exec,mode=755", "/tmp": "exec,mode=1777"},
    "stop_signal": "SIGRTMIN+3",
}
"""What lets systemd be process 1."""


def run_arguments() -> tuple[str, ...]:
    """The same as arguments of `docker run`."""
    return (
        *(f"--cap-add={name}" for name in FLAGS["cap_add"]),
        *(f"--cap-drop={name}" for name in FLAGS["cap_drop"]),
        *(f"--security-opt={option}" for option in FLAGS["security_opt"]),
        f"--cgroupns={FLAGS['cgroupns']}",
        *(f"--tmpfs={path}:{options}" for path, options in FLAGS["tmpfs"].items()),
        f"--stop-signal={FLAGS['stop_signal']}",
    )


def environment(fleet: Fleet, public_key: str) -> dict[str, str]:
    """What the image's entry point reads: who may log in."""
    return {"BEAMWRIGHT_SSH_USER": fleet.ssh.user or "root", "BEAMWRIGHT_AUTHORIZED_KEY": public_key}


def owned(client: docker.DockerClient, fleet: Fleet) -> list[Container]:
    """The fleet's containers, running or not."""
    # Another process may remove one while the list is made.
    return client.containers.list(
        all=True, filters={"label": f"{FLEET_LABEL}={fleet_id(fleet)}"}, ignore_removed=True
    )


def ask(container: Container, *argv: str) -> tuple[int, str]:
    """Runs a program in the container to its end: exit code, and what it printed."""
    exit_code, output = container.exec_run(list(argv))
    assert isinstance(output, bytes)
    return exit_code or 0, output.decode(errors="replace")


def remove(container: Container) -> None:
    """Removes the container and its anonymous volumes; one that is gone already is fine."""
    try:
        container.remove(force=True, v=True)
    except NotFound:
        return


def ensure_container(
    client: docker.DockerClient, fleet: Fleet, host: Host, image: str, public_key: str, network: Network
) -> Container:
    """The host's container, not started; made anew when its image, key or flags are no longer these."""
    env = environment(fleet, public_key)
    recipe = hashlib.sha256(repr((image, env, FLAGS, network.id)).encode()).hexdigest()[:12]
    for container in owned(client, fleet):
        if container.labels[HOST_LABEL] == host.name:
            if container.labels[RECIPE_LABEL] == recipe:
                return container
            remove(container)
    labels = {FLEET_LABEL: fleet_id(fleet), HOST_LABEL: host.name, RECIPE_LABEL: recipe}
    address = next(_free_addresses(client, fleet, network))
    return client.containers.create(
        image,
        name=container_name(fleet, host),
        hostname=host.name,
        labels=labels,
        environment=env,
        network=network_name(fleet),
        networking_config={network_name(fleet): client.api.create_endpoint_config(ipv4_address=address)},
        **FLAGS,
    )


def address_of(container: Container, network: Network) -> str:
    """The address that the container was given for good: it keeps it over a stop or a kill."""
    return str(container.attrs["NetworkSettings"]["Networks"][network.name]["IPAMConfig"]["IPv4Address"])


def _free_addresses(client: docker.DockerClient, fleet: Fleet, network: Network) -> Iterator[str]:
    """The addresses of the network that no host of the fleet has, the lowest first."""
    taken = {address_of(container, network) for container in owned(client, fleet)}
    config = network.attrs["IPAM"]["Config"][0]
    taken.add(config["Gateway"])
    return (str(address) for address in ip_network(config["Subnet"]).hosts() if str(address) not in taken)
