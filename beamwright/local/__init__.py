"""The local fleet: container hosts with systemd and sshd, made by us (`up`, `down`) or by Vagrant."""

from beamwright.local.image import host_image
from beamwright.local.lifecycle import down, up
from beamwright.local.machines import adopt, describe

__all__ = ["adopt", "describe", "down", "host_image", "up"]
