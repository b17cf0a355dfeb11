"""How commands reach a machine: ssh, this machine, or a fake; nothing here knows of releases."""

from beamwright.transport.fake import FakeTarget
from beamwright.transport.known_hosts import KnownHosts
from beamwright.transport.local import LocalTarget
from beamwright.transport.registry import Registry
from beamwright.transport.ssh import SshTarget
from beamwright.transport.target import Target
from beamwright.transport.terminal import interact

__all__ = ["FakeTarget", "KnownHosts", "LocalTarget", "Registry", "SshTarget", "Target", "interact"]
