"""Reports to compare, written down as short as can be."""

from __future__ import annotations

from pathlib import Path

from beamwright.artifact import Report
from beamwright.artifact.layers import APPLICATION, LIBC, OTP
from beamwright.artifact.report import Part, Shipped

LAYERS = (Part(LIBC, 3_000_000, 1_000_000), Part(OTP, 9_000_000, 3_000_000), Part(APPLICATION, 40_000, 9_000))
APPLICATIONS = (
    Part("erts", 5_000_000, version="15.2", layer=OTP),
    Part("stdlib", 4_000_000, version="6.2", layer=OTP),
    Part("courier", 40_000, version="0.1.0", layer=APPLICATION),
)
LIBRARIES = (Part("libc.so.6", 2_000_000, layer=LIBC), Part("libm.so.6", 1_000_000, layer=LIBC))


def report(
    layers: tuple[Part, ...] = LAYERS,
    applications: tuple[Part, ...] = APPLICATIONS,
    libraries: tuple[Part, ...] = LIBRARIES,
    kinds: tuple[str, ...] = ("tarball", "oci"),
    version: str = "0.1.0",
    folder: Path = Path("/dist/courier-0.1.0"),
) -> Report:
    """A report whose artifacts are as big as its layers."""
    unpacked = sum(layer.unpacked_bytes for layer in layers)
    wire = sum(layer.compressed_bytes or 0 for layer in layers)
    shipped = tuple(Shipped(kind, f"courier.{kind}", "sha256:1", wire, unpacked) for kind in kinds)
    return Report(
        name="courier",
        version=version,
        digest="d" * 64,
        folder=folder,
        artifacts=shipped,
        layers=layers,
        applications=applications,
        seconds=(("package", 0.1),),
        libraries=libraries,
    )
