"""tree → tarball and OCI image, with the manifest and the sizes."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from beamwright.artifact import oci, parts
from beamwright.artifact.archive import Packed, bundle, pack
from beamwright.artifact.layers import APPLICATION, DEPENDENCIES, OTP, Layer, cut
from beamwright.artifact.manifest import Manifest
from beamwright.artifact.report import Part, Report, Shipped
from beamwright.fleet.model import Fleet
from beamwright.release.make import Made
from beamwright.release.release import own_applications
from beamwright.release.start import release_env

ELIXIR = {"eex", "elixir", "iex", "logger", "mix"}
"""The applications of Elixir itself: they change as seldom as those of OTP."""


def package(
    fleet: Fleet, made: Made, manifest: Manifest, folder: Path, kinds: Collection[str], epoch: int
) -> Report:
    """Writes the artifacts of the asked kinds into the new folder."""
    folder.mkdir()
    layers = cut(manifest.entries, _kinds(fleet, made))
    shipped = []
    packed: list[Packed] = []
    if "tarball" in kinds:
        shipped.append(_tarball(folder, made.folder, manifest, epoch))
    if "oci" in kinds:
        image, packed = _image(folder, made, manifest, layers, _ports(fleet), epoch)
        shipped.append(image)
    sizes: list[Packed | None] = [*packed] or [None] * len(layers)
    return Report(
        name=manifest.name,
        version=manifest.version,
        digest=manifest.digest,
        folder=folder,
        artifacts=tuple(shipped),
        layers=tuple(
            Part(layer.name, layer.unpacked_bytes, size.compressed_bytes if size else None)
            for layer, size in zip(layers, sizes, strict=True)
        ),
        applications=parts.applications(layers),
        libraries=parts.libraries(layers),
        seconds=(),
    )


def _tarball(folder: Path, tree: Path, manifest: Manifest, epoch: int) -> Shipped:
    name = f"{manifest.name}-{manifest.version}.tar.gz"
    packed = pack(folder / name, tree, manifest.entries, epoch)
    digest = f"sha256:{packed.digest}"
    return Shipped("tarball", name, digest, packed.compressed_bytes, manifest.unpacked_bytes)


def _image(
    folder: Path,
    made: Made,
    manifest: Manifest,
    layers: tuple[Layer, ...],
    ports: tuple[int, ...],
    epoch: int,
) -> tuple[Shipped, list[Packed]]:
    """The layout folder and its archive."""
    release = made.release
    image = oci.Image(
        name=manifest.name,
        version=manifest.version,
        arch=manifest.arch,
        entrypoint=("/app/bin/erlexec", "-args_file", f"/app/releases/{release.version}/node.args"),
        # Only /tmp can be written to; a crash dump would fill it, with secrets in it.
        env=(
            *release_env(release.name, release.version, release.erts),
            ("HOME", "/tmp"),
            ("ERL_CRASH_DUMP_SECONDS", "0"),
        ),
        ports=ports,
        epoch=epoch,
    )
    digest, packed = oci.write_layout(folder / "oci", made.folder, layers, image)
    name = f"{manifest.name}-{manifest.version}.oci.tar"
    bundle(folder / name, folder / "oci", epoch)
    compressed = sum(each.compressed_bytes for each in packed)
    return Shipped("oci", name, digest, compressed, manifest.unpacked_bytes), packed


def _kinds(fleet: Fleet, made: Made) -> dict[str, str]:
    """The layer of each application's folder."""
    own = own_applications(fleet.project.source, fleet.project.tool)
    kinds = {}
    for name, version in made.release.applications:
        library = f"{name}-{version}"
        if library in made.otp.libraries or name in ELIXIR:
            kinds[library] = OTP
        else:
            kinds[library] = APPLICATION if name in own else DEPENDENCIES
    return kinds


def _ports(fleet: Fleet) -> tuple[int, ...]:
    """The ports of a first node: those that one container listens on."""
    return tuple(sorted({port for _, port in fleet.hosts[0].nodes[0].ports}))
