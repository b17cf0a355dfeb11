"""The local fleet for Vagrant: what its machines are to be, and where they came to be."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet, secrets
from beamwright.local.container import environment, run_arguments
from beamwright.local.fit import demand_fit
from beamwright.local.identity import fleet_id, require_local
from beamwright.local.image import host_recipe
from beamwright.local.key import ensure_key
from beamwright.local.places import Place, record

VAGRANT_LABEL = "beamwright.vagrant"


def describe(fleet: Fleet) -> dict[str, Any]:
    """What the Vagrantfile reads, ready for JSON: hosts, login, and the containers' image and flags.

    Makes the SSH key where it is missing.
    """
    key = demand_fit(fleet)
    return {
        "hosts": [host.name for host in fleet.hosts],
        "user": fleet.ssh.user or "root",
        "key": str(key),
        "image": host_recipe(fleet.folder).tag,
        "environment": environment(fleet, ensure_key(key)),
        "prefix": f"beamwright-vagrant-{fleet_id(fleet)}-",
        "arguments": [*run_arguments(), f"--label={VAGRANT_LABEL}={fleet_id(fleet)}"],
    }


def adopt(fleet: Fleet, places: str) -> None:
    """Records machines that another tool brought up: a JSON array of {host, address, port, key}.

    An empty array forgets them all. Makes the secrets where they are missing.
    """
    require_local(fleet)
    try:
        found = TypeAdapter(tuple[Place, ...]).validate_json(places)
    except ValidationError as exc:
        raise ConfigError("the list of places is not what it should be", detail=str(exc)) from exc
    names = {host.name for host in fleet.hosts}
    if unknown := [place.host for place in found if place.host not in names]:
        raise ConfigError(f"{fleet.path}: has no host {', '.join(unknown)}")
    if found:
        secrets.ensure(fleet)
    record(fleet, found)
