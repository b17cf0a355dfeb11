"""The applications of a tree as components: OTP's, Elixir's, the dependencies', the project's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from packageurl import PackageURL

from beamwright.artifact.component import (
    ELIXIR_SOURCE,
    FREE,
    OTP_SOURCE,
    Component,
    otp_purl,
    package_purl,
)
from beamwright.artifact.licences import licences
from beamwright.artifact.manifest import Entry, Manifest
from beamwright.artifact.package import ELIXIR
from beamwright.release import locked
from beamwright.release.locked import Locked
from beamwright.release.make import Made
from beamwright.release.metadata import About, application, dependency_folders, hex_licences

PREBUILT = "prebuilt"

ELF = b"\x7fELF"


def erts(manifest: Manifest, made: Made) -> Component:
    """The runtime system, which OTP counts among its applications."""
    folder = f"app/erts-{manifest.erts}/"
    purl = otp_purl("erts", manifest.erts, OTP_SOURCE)
    files = tuple(entry for entry in manifest.entries if entry.type == "f" and entry.path.startswith(folder))
    found = Component("erts", manifest.erts, "otp", purl, FREE, files=files)
    return _packaged(found, made, f"erts-{manifest.erts}")


def applications(manifest: Manifest, made: Made, own: frozenset[str], tool: str) -> tuple[Component, ...]:
    """Every application of the tree; `own` are the project's, whose build tool is `tool`."""
    pinned = locked.read(made.origin.mirror, tool)
    programs = _programs(manifest, made.folder)
    found = []
    for folder in sorted((made.folder / "app/lib").iterdir()):
        about = application(folder)
        component = _source(folder.name, about, made, own, pinned, tool)
        component = replace(component, needs=about.needs, files=programs.get(folder.name, ()))
        found.append(_packaged(component, made, folder.name))
    return tuple(found)


def _source(
    folder: str, about: About, made: Made, own: frozenset[str], pinned: Mapping[str, Locked], tool: str
) -> Component:
    """Where an application comes from, its package URL and its licences."""
    name, _, version = folder.rpartition("-")
    if folder in made.otp.libraries or (tool == PREBUILT and name in _names(made.otp.libraries)):
        return Component(name, version, "otp", otp_purl(name, version, OTP_SOURCE), FREE)
    if name in ELIXIR:
        return Component(name, version, "elixir", otp_purl(name, version, ELIXIR_SOURCE), FREE)
    if name == "beamwright_node":
        return Component(name, version, "beamwright", otp_purl(name, version), FREE)
    if name in own:
        return Component(name, version, "project", otp_purl(name, version), _stated(made.origin.mirror, tool))
    if (pin := pinned.get(name)) is None:
        source = PREBUILT if tool == PREBUILT else "path"
        return Component(name, version, source, otp_purl(name, version), about.licences)
    if pin.package:
        return _from_hex(name, pin, made.origin.mirror)
    return _from_git(name, version, pin, _stated_by(made.origin.mirror, name) or about.licences)


def _names(folders: Iterable[str]) -> set[str]:
    """The names of applications, of which what is prebuilt may have another version than the toolchain."""
    return {folder.rpartition("-")[0] for folder in folders}


def _from_hex(name: str, pin: Locked, mirror: Path) -> Component:
    """`pkg:hex/package@version`, with the organisation of a private package before its name.

    Source: package-url/purl-spec, types/hex-definition.json.
    """
    _, _, organisation = pin.repository.partition(":")
    repository = f"https://repo.hex.pm/repos/{organisation}" if organisation else "https://repo.hex.pm"
    qualifiers = {"repository_url": repository} if organisation else None
    purl = PackageURL("hex", organisation.lower() or None, pin.package.lower(), pin.version, qualifiers)
    url = f"{repository}/tarballs/{pin.package}-{pin.version}.tar"
    return Component(name, pin.version, "hex", purl, hex_licences(mirror, name), pin.checksum, url)


def _from_git(name: str, version: str, pin: Locked, stated: tuple[str, ...]) -> Component:
    """`pkg:github/owner/repository@revision`; elsewhere the application with its repository and revision."""
    host, path = _repository(pin.url)
    owner, _, repository = path.removesuffix(".git").lower().partition("/")
    if host == "github.com" and owner and repository:
        purl = PackageURL("github", owner, repository, pin.revision)
    else:
        purl = otp_purl(name, version, f"git+https://{host}/{path}@{pin.revision}" if host else "")
    return Component(name, version, "git", purl, stated, url=f"https://{host}/{path}" if host else "")


def _repository(url: str) -> tuple[str, str]:
    """Host and path of a repository, whether written as a URL or as scp does (git@host:path).

    Nothing else of it is told: a URL may hold a password, and a path without a host is one of this machine.
    """
    if "://" in url:
        parts = urlsplit(url)
        return parts.hostname or "", parts.path.strip("/")
    where, colon, path = url.partition(":")
    return (where.rpartition("@")[2], path.strip("/")) if colon and "/" not in where else ("", "")


def _stated(folder: Path, tool: str) -> tuple[str, ...]:
    return tuple(filter(None, licences(folder, tool).split(" AND ")))


def _stated_by(mirror: Path, name: str) -> tuple[str, ...]:
    """What the source of a dependency states, whichever build tool it is for."""
    for folder in dependency_folders(mirror, name):
        if found := _stated(folder, "mix") or _stated(folder, "rebar3"):
            return found
    return ()


def _packaged(component: Component, made: Made, asked: str) -> Component:
    """The component with the distribution's package that it was taken from, if it was."""
    if (package := made.origin.packages.owners.get(asked)) is None:
        return component
    source = "distribution" if component.source == "path" else component.source
    return replace(component, source=source, package=package_purl(made.origin.packages, package))


def _programs(manifest: Manifest, tree: Path) -> dict[str, tuple[Entry, ...]]:
    """The NIFs, drivers and port programs of each application's folder: its ELF files."""
    found: dict[str, tuple[Entry, ...]] = {}
    for entry in manifest.entries:
        parts = entry.path.split("/")
        if (
            entry.type == "f"
            and parts[:2] == ["app", "lib"]
            and "priv" in parts[3:4]
            and _is_elf(tree, entry)
        ):
            found[parts[2]] = (*found.get(parts[2], ()), entry)
    return found


def _is_elf(tree: Path, entry: Entry) -> bool:
    with (tree / entry.path).open("rb") as stream:
        return stream.read(len(ELF)) == ELF
