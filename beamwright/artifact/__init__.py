"""tree → artifact: manifest, tarball, OCI image and report, in `dist/<name>-<version>/`."""

from beamwright.artifact.artifact import Artifact, find, read
from beamwright.artifact.build import EPOCH, KINDS, build
from beamwright.artifact.report import Report

__all__ = ["EPOCH", "KINDS", "Artifact", "Report", "build", "find", "read"]
