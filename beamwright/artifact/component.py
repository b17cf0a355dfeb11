"""A part of an artifact as an SBOM lists it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from packageurl import PackageURL

from beamwright.artifact.manifest import Entry, Manifest
from beamwright.release.packages import Package, Packages

OTP_SOURCE = "git+https://github.com/erlang/otp.git"
ELIXIR_SOURCE = "git+https://github.com/elixir-lang/elixir.git"
FREE = ("Apache-2.0",)
"""The licence of Erlang/OTP, of Elixir and of Beamwright itself."""


@dataclass(frozen=True)
class Component:
    """`source` is one of otp, elixir, hex, git, path, project, prebuilt, beamwright, distribution, unknown.

    `licences` are SPDX identifiers, or what people write instead; `checksum` is the sha256 of what `url`
    gives. `files` are those of its files that are listed one by one, `needs` the names of applications, and
    `package` is the distribution's package that it was taken from.
    """

    name: str
    version: str
    source: str
    purl: PackageURL | None
    licences: tuple[str, ...] = ()
    checksum: str = ""
    url: str = ""
    files: tuple[Entry, ...] = ()
    needs: tuple[str, ...] = ()
    package: PackageURL | None = None

    @property
    def ref(self) -> str:
        """What other parts of the SBOM call it."""
        return self.purl.to_string() if self.purl else self.name


def otp_purl(name: str, version: str, vcs: str = "") -> PackageURL:
    """The package URL of an application that no package manager of the BEAM brought.

    Source: package-url/purl-spec, types/otp-definition.json.
    """
    return PackageURL("otp", None, name.lower(), version, {"vcs_url": vcs} if vcs else None)


def package_purl(packages: Packages, package: Package) -> PackageURL:
    """The package URL of a Debian package; `upstream` is its source package where that has another name.

    Source: package-url/purl-spec, types/deb-definition.json. Scanners look up advisories by `upstream`.
    """
    qualifiers = {"arch": package.arch, "distro": packages.codename}
    if package.source_version != package.version:
        qualifiers["upstream"] = f"{package.source}@{package.source_version}"
    elif package.source != package.name:
        qualifiers["upstream"] = package.source
    return PackageURL("deb", packages.distribution, package.name, package.version, qualifiers)


def natives(manifest: Manifest, packages: Packages, paths: tuple[str, ...]) -> tuple[Component, ...]:
    """The distribution's packages that something was taken from, and each file at `paths` that has none."""
    entries = {entry.path: entry for entry in manifest.entries}
    found: dict[str, Component] = {}
    for package in packages.owners.values():
        purl = package_purl(packages, package)
        found[package.name] = Component(
            package.name, package.version, "distribution", purl, licences=package.licences
        )
    for path in paths:
        owner = packages.owners.get(path)
        component = found[owner.name] if owner else Component(path, "", "unknown", None)
        found[component.name] = replace(component, files=(*component.files, entries[path]))
    return tuple(found.values())
