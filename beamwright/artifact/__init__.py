"""tree → artifact: manifest, tarball, OCI image and report, in `dist/<name>-<version>/`."""

from beamwright.artifact.artifact import IMAGE, Artifact, find, image_of, manifests, read
from beamwright.artifact.build import EPOCH, KINDS, LATEST, build
from beamwright.artifact.rebuild import rebuild
from beamwright.artifact.report import Report
from beamwright.artifact.reports import earlier, locate, named, newest
from beamwright.artifact.signature import demand
from beamwright.artifact.size import Comparison, compare

__all__ = [
    "EPOCH",
    "IMAGE",
    "KINDS",
    "LATEST",
    "Artifact",
    "Comparison",
    "Report",
    "build",
    "compare",
    "demand",
    "earlier",
    "find",
    "image_of",
    "locate",
    "manifests",
    "named",
    "newest",
    "read",
    "rebuild",
]
