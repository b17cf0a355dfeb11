"""A finished build of a small tree, without a compiler: what the last step of a build gets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from beamwright.artifact.build import KINDS
from beamwright.artifact.manifest import Manifest, scan
from beamwright.artifact.package import package
from beamwright.artifact.seal import Finished, describe, seal
from beamwright.artifact.store import Store
from beamwright.artifact.wanted import Wanted
from beamwright.fleet import Fleet, load, secrets
from beamwright.release.boot import Otp
from beamwright.release.make import Made, Origin
from beamwright.release.packages import Package, Packages
from beamwright.release.release import Release
from beamwright.toolchain import here

FLEET = """\
[project]
name = "shop"
tool = "mix"
source = "source"
[sidecar]
enabled = false
[clusters.ams.hosts.ams1]
"""

CHECKSUM = "5a904bf010ea24b67979835e0507688e31ac873d4ffc8ed0e5413e8d77455031"
REVISION = "2b1b6c1b6d0b0c3e8e5b7a3f5a9f7c5d1e0f9a8b"

LOCK = f"""\
%{{
  "jason": {{:hex, :jason, "1.4.4", "00", [:mix], [], "hexpm", "{CHECKSUM}"}},
  "secret": {{:hex, :secret, "0.2.0", "00", [:mix], [], "hexpm:acme", "{CHECKSUM}"}},
  "tally": {{:git, "git@github.com:Acme/Tally.git", "{REVISION}", []}},
  "scale": {{:git, "https://example.net/acme/scale.git", "{REVISION}", []}},
  "not_shipped": {{:hex, :not_shipped, "1.0.0", "00", [:mix], [], "hexpm", "{CHECKSUM}"}},
}}
"""

APPLICATIONS = {
    "kernel-10.2": "",
    "stdlib-6.2": "kernel",
    "elixir-1.18.3": "kernel, stdlib",
    "shop-1.0.0": "kernel, stdlib, elixir, jason, secret, tally, scale, neighbour",
    "beamwright_node-0.1.0": "kernel, stdlib",
    **dict.fromkeys(
        ("jason-1.4.4", "secret-0.2.0", "tally-0.9.0", "scale-0.1.0", "neighbour-0.1.0"), "elixir"
    ),
}
"""Folders of the tree's applications, and what they need."""

ELF = b"\x7fELF of a kind"
LIBC = "usr/lib/x86_64-linux-gnu/libc.so.6"


def finished(folder: Path, *, packages: bool = True, revision: str = "") -> Finished:
    """The build in the folder, of every kind; without `packages` the toolchain knew of none."""
    (folder / "fleet.toml").write_text(FLEET)
    fleet = load(folder / "fleet.toml")
    tree, mirror, place = _tree(folder / "tree"), _mirror(folder / "mirror"), folder / "dist/shop-1.0.0"
    place.parent.mkdir()
    _write(folder / "source/mix.exs", 'def project, do: [app: :shop, package: [licenses: ["MIT"]]]')
    manifest = Manifest("shop", "1.0.0", "amd64", "15.2", "27", "2026-01-01T00:00:00Z", scan(tree))
    origin = Origin(
        mirror, "beamwright-toolchain:1", "sha256:" + "ab" * 32, _packages() if packages else Packages()
    )
    release = Release(tree / "app", "shop", "1.0.0", "15.2", ())
    made = Made(tree, release, Otp("27", frozenset({"kernel-10.2", "stdlib-6.2"})), "amd64", origin, {})
    wanted = Wanted(KINDS, 1_700_000_000, revision)
    report = package(fleet, made, manifest, place, wanted, Store(folder / "layers"))
    sbom = describe(fleet, made, manifest, wanted.epoch)
    return Finished(fleet, wanted, made, manifest, report, datetime(2026, 1, 1, tzinfo=UTC), sbom)


def sealed(folder: Path, *, revision: str = "") -> tuple[Fleet, Path]:
    """The build as it is published, signed by the fleet's own key: the fleet, and the folder in dist/."""
    build = finished(folder, revision=revision)
    secrets.ensure(build.fleet)
    signer = seal(here.run, build, 1_767_225_600)
    report = replace(build.report, signer=signer)
    (report.folder / "report.json").write_text(report.to_json())
    return build.fleet, report.folder


def _tree(tree: Path) -> Path:
    for name, needs in APPLICATIONS.items():
        app, _, version = name.rpartition("-")
        text = f'{{application, {app}, [{{vsn, "{version}"}}, {{applications, [{needs}]}}]}}.'
        _write(tree / f"app/lib/{name}/ebin/{app}.app", text)
    _write(tree / "app/releases/1.0.0/shop.rel", "")
    for program in ("app/erts-15.2/bin/beam.smp", "app/lib/shop-1.0.0/priv/nif.so", LIBC, "opt/weigh"):
        _write(tree / program, ELF.decode())
    _write(tree / "app/lib/shop-1.0.0/priv/logo.svg", "<svg/>")
    return tree


def _mirror(mirror: Path) -> Path:
    _write(mirror / "mix.lock", LOCK)
    _write(mirror / "mix.exs", 'def project, do: [app: :shop, package: [licenses: ["MIT"]]]')
    _write(mirror / "deps/jason/hex_metadata.config", '{<<"licenses">>,[<<"Apache-2.0">>]}.\n')
    _write(mirror / "deps/tally/mix.exs", 'package: [licenses: ["ISC", "MIT"]]')
    return mirror


def _packages() -> Packages:
    base = Package("erlang-base", "1:27.3-1", "amd64", "erlang", "1:27.3-1")
    libc = Package("libc6", "2.41-12+b1", "amd64", "glibc", "2.41-12", ("LGPL-2.1+",))
    return Packages(
        "debian", "trixie", {"erts-15.2": base, "kernel-10.2": base, "stdlib-6.2": base, LIBC: libc}
    )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
