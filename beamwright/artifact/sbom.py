"""sbom.cdx.json: what is in an artifact, as CycloneDX 1.6 says it (cyclonedx.org/docs/1.6/json).

The same tree gives the same bytes: the serial number comes from the tree's digest, the time is that of its
files, and everything is sorted. What CycloneDX has no field for are properties that begin with `beamwright:`.
Importing this takes a moment, which only a build should take.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version

from cyclonedx import spdx
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model import component as cdx
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.bom_ref import BomRef
from cyclonedx.model.dependency import Dependency
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output.json import JsonV1Dot6

from beamwright.artifact.component import Component
from beamwright.artifact.manifest import Entry, Manifest
from beamwright.release.packages import Packages

RELEASE = "release"
"""What the SBOM calls the application itself."""

TYPES = {"erts": cdx.ComponentType.PLATFORM}


def write(
    manifest: Manifest, licences: str, components: Iterable[Component], packages: Packages, epoch: int
) -> str:
    """The SBOM as text; `licences` are the project's own, joined by AND, `epoch` is the time in seconds."""
    listed = {component.ref: component for component in components}
    root = cdx.Component(
        name=manifest.name,
        version=manifest.version,
        type=cdx.ComponentType.APPLICATION,
        bom_ref=RELEASE,
        licenses=_licences(filter(None, licences.split(" AND "))),
        hashes=[_sha256(manifest.digest)],
    )
    bom = Bom(
        serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"urn:sha256:{manifest.digest}"),
        metadata=BomMetaData(
            timestamp=datetime.fromtimestamp(epoch, UTC),
            component=root,
            tools=ToolRepository(components=[_ourselves()]),
            properties=[Property(name="beamwright:distribution", value=_distribution(packages))],
        ),
        components=[_component(component) for component in listed.values()],
        dependencies=_dependencies(listed),
    )
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def _ourselves() -> cdx.Component:
    return cdx.Component(
        name="beamwright", version=version("beamwright"), type=cdx.ComponentType.APPLICATION, bom_ref="tool"
    )


def _distribution(packages: Packages) -> str:
    """What the native parts were looked up in."""
    if not packages.distribution:
        return "unknown: the toolchain has no dpkg, so native parts have no package and no version"
    return f"{packages.distribution} {packages.codename}".strip()


def _component(component: Component) -> cdx.Component:
    is_file = component.purl is None
    return cdx.Component(
        name=component.name,
        version=component.version or None,
        type=cdx.ComponentType.FILE if is_file else TYPES.get(component.name, cdx.ComponentType.LIBRARY),
        bom_ref=component.ref,
        purl=component.purl,
        licenses=_licences(component.licences),
        hashes=[_sha256(each) for each in _digests(component, is_file)],
        external_references=_references(component),
        properties=list(_properties(component)),
        components=None if is_file else [_file(component, entry) for entry in component.files],
    )


def _digests(component: Component, is_file: bool) -> tuple[str, ...]:
    """Of the package as hex serves it, or of the one file that the component is."""
    if is_file:
        return tuple(entry.content for entry in component.files)
    return (component.checksum,) if component.checksum else ()


def _file(component: Component, entry: Entry) -> cdx.Component:
    return cdx.Component(
        name=entry.path,
        type=cdx.ComponentType.FILE,
        bom_ref=f"{component.ref}#{entry.path}",
        hashes=[_sha256(entry.content)],
    )


def _sha256(digest: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=digest)


def _references(component: Component) -> Iterator[ExternalReference]:
    kinds = {"hex": ExternalReferenceType.DISTRIBUTION, "git": ExternalReferenceType.VCS}
    if component.url and component.source in kinds:
        yield ExternalReference(type=kinds[component.source], url=XsUri(component.url))


def _properties(component: Component) -> Iterator[Property]:
    yield Property(name="beamwright:source", value=component.source)
    if component.package:
        yield Property(name="beamwright:package", value=component.package.to_string())


def _licences(names: Iterable[str]) -> list[DisjunctiveLicense]:
    """SPDX's identifiers where these are some, else names: what people write in packages is often no SPDX."""
    return [
        DisjunctiveLicense(id=known) if (known := spdx.fixup_id(name)) else DisjunctiveLicense(name=name)
        for name in names
    ]


def _dependencies(listed: Mapping[str, Component]) -> list[Dependency]:
    """Who needs whom, by the applications' own word; the release needs whatever nobody else does."""
    applications = {each.name: ref for ref, each in listed.items() if each.purl and each.purl.type != "deb"}
    needs = {
        ref: {applications[name] for name in each.needs if name in applications}
        for ref, each in listed.items()
    }
    needs[RELEASE] = set(listed).difference(*needs.values())
    return [
        Dependency(BomRef(ref), [Dependency(BomRef(needed)) for needed in found])
        for ref, found in needs.items()
    ]
