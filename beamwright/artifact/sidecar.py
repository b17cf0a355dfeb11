"""RabbitMQ as an artifact: its whole root file system, made once for a recipe and kept in a cache.

cache/rabbitmq-<digest of the recipe>/
  rabbitmq-<version>.tar.gz   the tree
  sbom.cdx.json               what is in it: Debian packages, and which file is whose
  provenance.json             from which archives of packages it was made
  manifest.json               every file of it, and the digests of those two
  report.json                 sizes and seconds

It is the same for every fleet of this machine, so each fleet signs for itself, in its own dist/.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from beamwright import resources
from beamwright.artifact import provenance, sidecar_sbom, signature
from beamwright.artifact.archive import pack
from beamwright.artifact.artifact import Artifact, read
from beamwright.artifact.build import EPOCH
from beamwright.artifact.compression import Method
from beamwright.artifact.manifest import Manifest, scan
from beamwright.artifact.moment import rfc3339
from beamwright.artifact.papers import PROVENANCE, SBOM
from beamwright.artifact.report import Report, Shipped
from beamwright.errors import BuildError, ConfigError
from beamwright.fleet.model import Fleet
from beamwright.release.clock import Clock
from beamwright.release.closure import architecture
from beamwright.release.digest import digest, of_file

NAME = "rabbitmq"
KEPT_SECONDS = 30 * 24 * 3600
COMPRESSION = Method("gzip", 6)

Log = Callable[[str], None]
MakeRoot = Callable[[Path, Path, Path], str]
"""Fills a folder, and says of which packages (beamwright.toolchain.sidecar.make_root): recipe, sources of
beamwright_node, target."""


def build(make_root: MakeRoot, cache: Path, log: Log) -> Artifact:
    """The artifact of the recipe as it is now, made first where the cache does not hold it; unsigned."""
    place = _place(cache)
    if not place.is_dir():
        log("RabbitMQ: making its root file system from Debian packages")
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".sidecar-", dir=cache) as name:
            finished = _make(make_root, Path(name), place)
            try:
                finished.rename(place)
            except OSError:
                # Another build was faster; rename(2) replaces no folder that holds something.
                if not place.is_dir():
                    raise
    os.utime(place)
    _prune(cache)
    return replace(read(place), signature=None)


def sign(run: signature.Run, fleet: Fleet, made: Artifact, dist: Path) -> None:
    """Signs an artifact of `build` for the fleet, where it has a key to sign with."""
    if signature.may_sign(fleet.signing):
        signature.sign(run, fleet, {_signature(dist, made): made.manifest_json.read_bytes()})


def find(cache: Path, dist: Path) -> Artifact:
    """The artifact of the recipe as it is now, its signature in `dist`; ConfigError when there is none."""
    place = _place(cache)
    if not place.is_dir():
        raise ConfigError("RabbitMQ's artifact has not been made", hint="beamwright build")
    made = read(place)
    return replace(made, signature=_signature(dist, made))


def _signature(dist: Path, made: Artifact) -> Path:
    return dist / f"{NAME}-{made.release_id}.sig"


def _prune(cache: Path) -> None:
    """Removes what no build has asked for in a long time: other clones may want other recipes."""
    for folder in cache.glob(f"{NAME}-*"):
        if time.time() - folder.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _place(cache: Path) -> Path:
    """The folder in the cache, named by all that what is in it depends on."""
    known = (platform.machine(), EPOCH, version("beamwright"), digest(_recipe()))
    found = hashlib.sha256(" ".join(map(str, known)).encode())
    for module in ("beamwright_epmd", "beamwright_environment"):
        found.update((_sources() / f"{module}.erl").read_bytes())
    return cache / f"{NAME}-{found.hexdigest()[:12]}"


def _recipe() -> Path:
    return resources.find("images/rabbitmq")


def _sources() -> Path:
    return resources.find("node/src")


def _make(make_root: MakeRoot, scratch: Path, place: Path) -> Path:
    """The finished folder, in the scratch folder; its report says that it is in `place`."""
    clock, started = Clock(), datetime.now(UTC)
    tree, finished = scratch / "tree", scratch / "finished"
    tree.mkdir()
    finished.mkdir()
    finished.chmod(0o755)
    with clock.phase("root"):
        told = make_root(_recipe(), _sources(), tree)
    with clock.phase("package"):
        manifest = _manifest(tree)
        shipped = _pack(finished, tree, manifest)
    report = Report(
        name=NAME,
        version=manifest.version,
        digest=manifest.digest,
        folder=finished,
        artifacts=(shipped,),
        layers=(),
        applications=(),
        seconds=(),
    )
    with clock.phase("describe"):
        manifest = _describe(manifest, report, told, started)
    (finished / "manifest.json").write_text(manifest.to_json(), "utf-8")
    report = report.placed(place, tuple(clock.seconds.items()))
    (finished / "report.json").write_text(report.to_json(), "utf-8")
    return finished


def _pack(finished: Path, tree: Path, manifest: Manifest) -> Shipped:
    """Writes the tarball."""
    name = f"{NAME}-{manifest.version}.tar.gz"
    packed = pack(finished / name, tree, manifest.entries, EPOCH, COMPRESSION)
    return Shipped(
        "tarball", name, f"sha256:{packed.digest}", packed.compressed_bytes, manifest.unpacked_bytes
    )


def _describe(manifest: Manifest, report: Report, told: str, started: datetime) -> Manifest:
    """Writes SBOM and provenance; the manifest that names them."""
    sbom, statement = report.folder / SBOM, report.folder / PROVENANCE
    sbom.write_text(sidecar_sbom.describe(manifest, told, EPOCH), "utf-8")
    used, now = sidecar_sbom.sources(told), datetime.now(UTC)
    statement.write_text(
        provenance.write_sidecar(report, digest(_recipe()), used, of_file(sbom), started, now), "utf-8"
    )
    return replace(manifest, sbom=of_file(sbom), provenance=of_file(statement))


def _manifest(tree: Path) -> Manifest:
    """The manifest, its versions read from the names of folders."""
    otp = _only(tree, "usr/lib/erlang/releases/*/OTP_VERSION")
    return Manifest(
        name=NAME,
        version=_only(tree, "usr/lib/rabbitmq/lib/rabbitmq_server-*").name.removeprefix("rabbitmq_server-"),
        arch=architecture(tree),
        erts=_only(tree, "usr/lib/erlang/erts-*").name.removeprefix("erts-"),
        otp=otp.read_text("utf-8").strip(),
        created=rfc3339(datetime.now(UTC)),
        entries=scan(tree),
        counter=int(time.time()),
    )


def _only(tree: Path, pattern: str) -> Path:
    """The one path that the pattern matches."""
    found = list(tree.glob(pattern))
    if len(found) != 1:
        raise BuildError(f"RabbitMQ's root file system has {len(found)} times {pattern}")
    return found[0]
