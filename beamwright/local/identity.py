"""What tells the containers of one local fleet from those of another."""

from __future__ import annotations

import hashlib

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet, Host
from beamwright.fleet.read import read_table
from beamwright.fleet.spec import FleetSpec

FLEET_LABEL = "beamwright.fleet"
HOST_LABEL = "beamwright.host"
RECIPE_LABEL = "beamwright.recipe"


def fleet_id(fleet: Fleet) -> str:
    """Ten hex digits from the fleet file's absolute path: two clones never share a container."""
    return hashlib.sha256(str(fleet.path).encode()).hexdigest()[:10]


def network_name(fleet: Fleet) -> str:
    """The name of the fleet's Docker network."""
    return f"beamwright-{fleet_id(fleet)}"


def container_name(fleet: Fleet, host: Host) -> str:
    """The name of the host's container."""
    return f"{network_name(fleet)}-{host.name}"


def require_local(fleet: Fleet) -> None:
    """ConfigError when the fleet file itself says where a host is: those are somebody's machines."""
    spec = read_table(fleet.path, FleetSpec, "")
    hosts = [item for cluster in spec.clusters.values() for item in cluster.hosts.items()]
    fixed = [name for name, host in hosts if host.address or host.port]
    if fixed:
        raise ConfigError(
            f"{fleet.path}: not a local fleet: it says where {', '.join(fixed)} is",
            hint="leave address and port out of the hosts, a local fleet has them in its inventory",
        )
