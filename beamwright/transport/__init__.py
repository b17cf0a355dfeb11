"""How commands reach a machine: ssh, this machine, or a fake; nothing here knows of releases."""

from beamwright.transport.dial import Dialer
from beamwright.transport.fake import FakeTarget
from beamwright.transport.known_hosts import KnownHosts
from beamwright.transport.local import LocalTarget
from beamwright.transport.registry import Registry
from beamwright.transport.route import Route
from beamwright.transport.ssh import SshTarget
from beamwright.transport.target import Target
from beamwright.transport.terminal import interact
from beamwright.transport.user_config import UserConfig

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
