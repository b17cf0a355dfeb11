"""Brings a local fleet up and takes it away again; both may be run at any time, and again."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from docker.errors import APIError
from docker.models.containers import Container
from docker.models.networks import Network

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet, secrets
from beamwright.local.container import address_of, ensure_container, owned, remove
from beamwright.local.fit import demand_fit
from beamwright.local.identity import HOST_LABEL, require_local
from beamwright.local.image import host_image
from beamwright.local.key import ensure_key
from beamwright.local.network import ensure_network, owned_networks, remove_network
from beamwright.local.places import Place, inventory_path, record
from beamwright.local.ready import wait_for_sshd, wait_until_booted
from beamwright.toolchain import Engine

SSH_PORT = 22
BOOTS = 8
"""So many boot at once: of thirty, some find no inotify instance left in the kernel, and end or hang."""

HOST_KEY = "/etc/ssh/ssh_host_ed25519_key.pub"


def up(fleet: Fleet, log: Callable[[str], None]) -> None:
    """A running container for every host of the fleet, and every file that says how to reach it.

    Those that run go on running. Written: inventory, known_hosts; made where missing: the SSH key, the
    secrets. ConfigError when the fleet is not a local one or no Engine answers, UnreachableError for a
    host that does not come up.
    """
    public_key = ensure_key(demand_fit(fleet))
    secrets.ensure(fleet)
    client = Engine.connect().client
    image = host_image(client, fleet.folder, log)
    with _engine_errors():
        network = ensure_network(client, fleet)
        names = {host.name for host in fleet.hosts}
        for container in owned(client, fleet):
            if container.labels[HOST_LABEL] not in names:
                remove(container)
        containers = [
            ensure_container(client, fleet, host, image, public_key, network) for host in fleet.hosts
        ]
        with ThreadPoolExecutor(BOOTS) as pool:
            places = tuple(pool.map(lambda container: _boot(container, network, log), containers))
    record(fleet, places)


def down(fleet: Fleet, log: Callable[[str], None]) -> None:
    """Removes containers, volumes, network, inventory and host keys; the fleet keeps its key and secrets."""
    require_local(fleet)
    inventory_path(fleet)
    client = Engine.connect().client
    with _engine_errors():
        with ThreadPoolExecutor(max_workers=16) as pool:
            for container in pool.map(_removed, owned(client, fleet)):
                log(f"{container.labels[HOST_LABEL]}: removed")
        for network in owned_networks(client, fleet):
            remove_network(network)
    record(fleet, ())


def _boot(container: Container, network: Network, log: Callable[[str], None]) -> Place:
    """Starts a host and says where it is once it has booted: its key by the Engine, not off the network."""
    host = container.labels[HOST_LABEL]
    container.start()
    wait_until_booted(container, host)
    address = address_of(container, network)
    wait_for_sshd(address, SSH_PORT, host)
    key = _host_key(container)
    log(f"{host}: up at {address}")
    return Place(host, address, SSH_PORT, key)


def _host_key(container: Container) -> str:
    """Kind and key, from the file itself: of what a program prints the SDK may lose the beginning."""
    chunks, _ = container.get_archive(HOST_KEY)
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
        file = tar.extractfile(tar.getmembers()[0])
        assert file
        return b" ".join(file.read().split()[:2]).decode()


def _removed(container: Container) -> Container:
    remove(container)
    return container


@contextmanager
def _engine_errors() -> Iterator[None]:
    """Foreign exceptions become ours here."""
    try:
        yield
    except APIError as exc:
        raise ConfigError("the Docker Engine refused", detail=str(exc)) from exc
