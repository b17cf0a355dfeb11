"""What is in RabbitMQ's tree: Debian packages with their files, and the few files that are Beamwright's.

The words are those of images/rabbitmq/packages.sh.
"""

from __future__ import annotations

from importlib.metadata import version

from beamwright.artifact.component import FREE, Component, natives, otp_purl, package_purl
from beamwright.artifact.manifest import Manifest
from beamwright.artifact.provenance import Source
from beamwright.release.packages import parse

OURS = ("etc/", "usr/lib/beamwright/")
"""What finish.sh writes: how names are looked up, and what knows where nodes are."""


def describe(manifest: Manifest, told: str, epoch: int) -> str:
    """The SBOM's text; `told` is what packages.sh said, `epoch` the time of every file in seconds."""
    # Its library takes a twentieth of a second to load, which only a build should take.
    from beamwright.artifact import sbom

    packages = parse(told)
    files = [entry for entry in manifest.entries if entry.type == "f"]
    ours = tuple(entry for entry in files if entry.path.startswith(OURS))
    others = tuple(entry.path for entry in files if entry not in ours)
    node = version("beamwright")
    components = (
        Component("beamwright_node", node, "beamwright", otp_purl("beamwright_node", node), FREE, files=ours),
        *natives(manifest, packages, others),
    )
    return sbom.write(manifest, "", components, packages, epoch)


def sources(told: str) -> tuple[Source, ...]:
    """The packages that the tree is made of, by name."""
    packages = parse(told)
    known = {package.name: package_purl(packages, package) for package in packages.owners.values()}
    lines = (line.split("\t") for line in told.splitlines())
    archives = sorted((words[1], words[2]) for words in lines if words[0] == "archive")
    return tuple(Source(name, known[name].to_string(), archive) for name, archive in archives)
