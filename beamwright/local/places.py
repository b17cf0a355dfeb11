"""Where the hosts of a fleet are, and how the rest of Beamwright comes to know: two files.

The inventory holds the addresses, known_hosts the host keys. In known_hosts, which other hosts may share,
only lines that end in the fleet's own mark are ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet
from beamwright.local.identity import fleet_id

HEADER = "# Written when the local fleet came up, removed when it goes."


@dataclass(frozen=True)
class Place:
    """One host as it was found: its SSH address and port, and its host key (`ssh-ed25519 AAAA…`)."""

    host: str
    address: str
    port: int
    key: str

    @property
    def known_as(self) -> str:
        """The name in known_hosts files (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT)."""
        return self.address if self.port == 22 else f"[{self.address}]:{self.port}"


def record(fleet: Fleet, places: Iterable[Place]) -> None:
    """Writes both files for these hosts; without any, leaves nothing behind."""
    places, inventory, known_hosts = tuple(places), inventory_path(fleet), fleet.ssh.known_hosts
    lines = known_hosts.read_text("utf-8").splitlines() if known_hosts.exists() else []
    _write(known_hosts, "".join(f"{line}\n" for line in known_hosts_lines(lines, places, _mark(fleet))))
    _write(inventory, inventory_text(places) if places else "")


def inventory_path(fleet: Fleet) -> Path:
    """The file that addresses are written to; ConfigError when there is none, or it is somebody else's."""
    path = fleet.inventory
    if path is None:
        raise ConfigError(
            f"{fleet.path}: a local fleet needs an inventory",
            hint='add `inventory = ".beamwright/inventory.toml"` at the top',
        )
    if path.exists() and not path.read_text("utf-8").startswith(HEADER):
        raise ConfigError(
            f"{path}: this inventory was not written by a local fleet",
            hint="name another file as inventory, or remove this one",
        )
    return path


def inventory_text(places: Iterable[Place]) -> str:
    """The inventory as TOML."""
    blocks = [f"{HEADER}\n"]
    for place in places:
        # A JSON string is a TOML basic string.
        name, address = json.dumps(place.host), json.dumps(place.address)
        blocks.append(f"[hosts.{name}]\naddress = {address}\nport = {place.port}\n")
    return "\n".join(blocks)


def known_hosts_lines(lines: Iterable[str], places: Iterable[Place], mark: str) -> list[str]:
    """The lines of known_hosts with those of these places in place of the fleet's former ones.

    Other lines stay, except for an address that a container had before: Docker hands addresses out again.
    """
    places = tuple(places)
    taken = {place.known_as for place in places}
    kept = [line for line in lines if not line.endswith(f" {mark}") and line.split(" ")[0] not in taken]
    return kept + [f"{place.known_as} {place.key} {mark}" for place in places]


def _mark(fleet: Fleet) -> str:
    return f"beamwright-local-{fleet_id(fleet)}"


def _write(path: Path, text: str) -> None:
    """Replaces the file in one step; an empty text removes it."""
    if not text:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, "utf-8")
    beside.rename(path)
