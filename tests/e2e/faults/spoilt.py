"""Builds that are not what they should be: each function spoils the copy of one, in a folder."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

from beamwright import artifact
from beamwright.artifact import Artifact
from beamwright.artifact.archive import GZIP_END
from beamwright.artifact.manifest import Manifest
from beamwright.artifact.seal import sign
from beamwright.artifact.signature import sign_command
from beamwright.fleet.signers import NAMESPACE
from beamwright.toolchain import here
from tests.e2e.faults.yard import Yard

EXPIRED = f'late@example namespaces="{NAMESPACE}",valid-before="20200101" '
"""How a line of allowed_signers begins whose key counts no longer (ssh-keygen(1))."""


def copy(made: Artifact, folder: Path) -> Artifact:
    """The same build in another folder."""
    shutil.copytree(made.folder, folder)
    return artifact.read(folder)


def cut(_: Yard, made: Artifact) -> None:
    """What a download that ended early leaves."""
    made.tarball.write_bytes(made.tarball.read_bytes()[: made.tarball.stat().st_size // 2])


def flip(_: Yard, made: Artifact) -> None:
    """One bit in what hosts lack: that is in the last layers."""
    content = bytearray(made.tarball.read_bytes())
    content[-len(GZIP_END) - 100] ^= 1
    made.tarball.write_bytes(content)


def swap_tarball(yard: Yard, made: Artifact) -> None:
    """Another release's bytes under this manifest."""
    other = next(each for each in yard.artifacts if each.version != made.version)
    shutil.copy(other.tarball, made.tarball)


def swap_manifest(_: Yard, made: Artifact) -> None:
    """Another manifest under this signature."""
    _say(made, replace(made.manifest(), version="9.9.9"))


def unsign(_: Yard, made: Artifact) -> None:
    """Nobody vouches for it."""
    _signature(made).unlink()


def sign_by_stranger(yard: Yard, made: Artifact) -> None:
    """By somebody whom the hosts do not know."""
    _sign_with(made, stranger(made.folder))


def sign_too_late(yard: Yard, made: Artifact) -> None:
    """With a key that the hosts know, and whose time is over."""
    key = stranger(made.folder)
    kind, public = key.with_suffix(".pub").read_text("utf-8").split()[:2]
    for name in yard.names:
        yard.on(name, f"echo '{EXPIRED}{kind} {public}' >>/etc/beamwright/allowed_signers")
    _sign_with(made, key)


def forget_expired(yard: Yard) -> None:
    """The hosts know it no longer."""
    for name in yard.names:
        yard.on(name, "sed -i /^late@example/d /etc/beamwright/allowed_signers")


def count_down(yard: Yard, made: Artifact) -> None:
    """Built before what was in use, and signed for."""
    manifest = made.manifest()
    _resign(yard, made, replace(manifest, counter=manifest.counter - 1))


def build_for_another(yard: Yard, made: Artifact) -> None:
    """For another environment, and signed for."""
    _resign(yard, made, replace(made.manifest(), environment="staging"))


def stranger(folder: Path) -> Path:
    """A key of somebody."""
    key = folder / "stranger"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    return key


def _sign_with(made: Artifact, key: Path) -> None:
    signed = here.run(sign_command(key, made.manifest_json.read_bytes()))
    assert signed.ok, signed
    _signature(made).write_text(signed.stdout, "utf-8")


def _resign(yard: Yard, made: Artifact, manifest: Manifest) -> None:
    sign(here.run, yard.fleet, {made.manifest_json: manifest})


def _say(made: Artifact, manifest: Manifest) -> None:
    """Another manifest in the folder, the tarball by the name that it gives; the signature stays."""
    made.manifest_json.write_text(manifest.to_json(), "utf-8")
    made.tarball.rename(made.folder / f"{manifest.name}-{manifest.version}.tar.gz")


def _signature(made: Artifact) -> Path:
    assert made.signature
    return made.signature
