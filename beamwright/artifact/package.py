"""tree → tarball, OCI image and docker archive, with the manifest and the sizes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from beamwright.artifact import archive, docker, oci, parts
from beamwright.artifact.compression import Algorithm
from beamwright.artifact.image import Image
from beamwright.artifact.layers import APPLICATION, DEPENDENCIES, OTP, Layer, cut
from beamwright.artifact.licences import licences
from beamwright.artifact.manifest import Manifest
from beamwright.artifact.report import Compressed, Part, Report, Shipped
from beamwright.artifact.store import Blob, Store
from beamwright.artifact.wanted import Wanted
from beamwright.fleet.model import Fleet
from beamwright.release.make import Made
from beamwright.release.release import own_applications
from beamwright.release.start import release_env

ELIXIR = {"eex", "elixir", "iex", "logger", "mix"}
"""The applications of Elixir itself: they change as seldom as those of OTP."""

Blobs = Mapping[Algorithm, Sequence[Blob]]


def package(
    fleet: Fleet, made: Made, manifest: Manifest, folder: Path, wanted: Wanted, store: Store
) -> Report:
    """Writes the artifacts of the wanted kinds into the new folder."""
    folder.mkdir()
    layers = cut(manifest.entries, _kinds(fleet, made))
    algorithms = _algorithms(wanted.kinds, fleet.packaging.compression)
    blobs = store.blobs(made.folder, layers, algorithms, wanted.epoch)
    return Report(
        name=manifest.name,
        version=manifest.version,
        digest=manifest.digest,
        folder=folder,
        artifacts=_ship(fleet, made, manifest, folder, wanted, layers, blobs),
        layers=_layer_parts(layers, blobs, algorithms[0]),
        applications=parts.applications(layers),
        libraries=parts.libraries(layers),
        seconds=(),
        epoch=wanted.epoch,
        revision=wanted.revision,
    )


def _algorithms(kinds: Collection[str], compression: Algorithm) -> tuple[Algorithm, ...]:
    """Those that the kinds need, the image's own first: hosts and old Docker Engines know gzip alone."""
    image: tuple[Algorithm, ...] = (compression,) if "oci" in kinds else ()
    return tuple(dict.fromkeys((*image, *(("gzip",) if {"tarball", "docker"} & set(kinds) else ()))))


def _ship(
    fleet: Fleet,
    made: Made,
    manifest: Manifest,
    folder: Path,
    wanted: Wanted,
    layers: Sequence[Layer],
    blobs: Blobs,
) -> tuple[Shipped, ...]:
    """Writes the artifacts, each made of the layers' blobs, two at a time."""
    stem, unpacked = f"{manifest.name}-{manifest.version}", manifest.unpacked_bytes
    image = _image(fleet, made, manifest, wanted)
    config = image.config(layers, [blob.diff_id for blob in next(iter(blobs.values()))])

    def tarball() -> Shipped:
        digest, size = archive.join(folder / f"{stem}.tar.gz", [blob.path for blob in blobs["gzip"]])
        return Shipped("tarball", f"{stem}.tar.gz", f"sha256:{digest}", size, unpacked)

    def layout() -> Shipped:
        chosen = blobs[fleet.packaging.compression]
        digest = oci.write_layout(folder / "oci", image, config, chosen)
        oci.write_archive(folder / f"{stem}.oci.tar", folder / "oci", wanted.epoch)
        return Shipped("oci", f"{stem}.oci.tar", digest, _sum(chosen), unpacked)

    def loadable() -> Shipped:
        digest = docker.write_archive(folder / f"{stem}.docker.tar", image, config, blobs["gzip"])
        return Shipped("docker", f"{stem}.docker.tar", digest, _sum(blobs["gzip"]), unpacked)

    ways = {"tarball": tarball, "oci": layout, "docker": loadable}
    with ThreadPoolExecutor(2) as pool:
        shipped = [pool.submit(way) for kind, way in ways.items() if kind in wanted.kinds]
    return tuple(each.result() for each in shipped)


def _image(fleet: Fleet, made: Made, manifest: Manifest, wanted: Wanted) -> Image:
    release = made.release
    return Image(
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
        ports=_ports(fleet),
        epoch=wanted.epoch,
        revision=wanted.revision,
        licences=licences(fleet.project.source, fleet.project.tool),
    )


def _sum(blobs: Sequence[Blob]) -> int:
    return sum(blob.size for blob in blobs)


def _layer_parts(layers: Sequence[Layer], blobs: Blobs, main: Algorithm) -> tuple[Part, ...]:
    """The layers with their sizes by each algorithm; `main` is that of the image."""
    return tuple(
        Part(
            name=layer.name,
            unpacked_bytes=layer.unpacked_bytes,
            compressed_bytes=blobs[main][number].size,
            diff_id=f"sha256:{blobs[main][number].diff_id}",
            compressed=tuple(_compressed(made[number]) for made in blobs.values()),
        )
        for number, layer in enumerate(layers)
    )


def _compressed(blob: Blob) -> Compressed:
    method = blob.method
    return Compressed(method.algorithm, method.level, method.library, f"sha256:{blob.digest}", blob.size)


def _kinds(fleet: Fleet, made: Made) -> dict[str, str]:
    """The layer of each application's folder."""
    own = own_applications(fleet.project)
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
