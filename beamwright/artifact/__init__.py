"""tree → artifact: manifest, tarball, OCI image and report, in `dist/<name>-<version>/`."""

from beamwright.artifact.artifact import Artifact, find, manifests, read
from beamwright.artifact.build import EPOCH, KINDS, LATEST, build
from beamwright.artifact.proof import Check, demand_proof, prove, signed
from beamwright.artifact.rebuild import rebuild
from beamwright.artifact.report import Report
from beamwright.artifact.reports import earlier, locate, named, newest
from beamwright.artifact.signature import demand
from beamwright.artifact.size import Comparison, compare

__all__ = [
    "EPOCH",
    "KINDS",
    "LATEST",
    "Artifact",
    "Check",
    "Comparison",
    "Report",
    "build",
    "compare",
    "demand",
    "demand_proof",
    "earlier",
    "find",
    "locate",
    "manifests",
    "named",
    "newest",
    "prove",
    "read",
    "rebuild",
    "signed",
]
