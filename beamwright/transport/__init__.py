"""How commands reach a machine: ssh, this machine, or a fake; nothing here knows of releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beamwright.resources import on_demand
from beamwright.transport.dial import Dialer
from beamwright.transport.fake import FakeTarget
from beamwright.transport.known_hosts import KnownHosts
from beamwright.transport.local import LocalTarget
from beamwright.transport.route import Route
from beamwright.transport.ssh import SshTarget
from beamwright.transport.target import Target
from beamwright.transport.terminal import interact
from beamwright.transport.user_config import UserConfig

if TYPE_CHECKING:
    from beamwright.transport.registry import Registry

__all__ = [
    "Dialer",
    "FakeTarget",
    "KnownHosts",
    "LocalTarget",
    "Registry",
    "Route",
    "SshTarget",
    "Target",
    "UserConfig",
    "interact",
]

# What speaks HTTP takes long to load, and SSH does not need it.
__getattr__ = on_demand({"Registry": "transport.registry"})
