"""Fleet → the files of a host: units, users, folders, environment. Renders; runs nothing."""

from beamwright.units.check import EXPOSURE, check_commands, write
from beamwright.units.file import HostFile
from beamwright.units.render import render
from beamwright.units.secrets import secret_files

__all__ = ["EXPOSURE", "HostFile", "check_commands", "render", "secret_files", "write"]
