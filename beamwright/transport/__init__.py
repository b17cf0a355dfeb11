"""How commands reach a machine: ssh, this machine, or a fake; nothing here knows of releases."""

from beamwright.transport.target import Target

__all__ = ["Target"]
