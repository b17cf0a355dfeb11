"""tree → artifact: manifest, tarball, OCI image and report, in `dist/<name>-<version>/`."""

from beamwright.artifact.artifact import Artifact, find, read
from beamwright.artifact.build import EPOCH, KINDS, build
from beamwright.artifact.report import Report
from beamwright.artifact.signature import demand

__all__ = ["EPOCH", "KINDS", "Artifact", "Report", "build", "demand", "find", "read"]
