"""A build whose tarball is not what its manifest says is not packed, and no host is touched for it."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from beamwright.artifact import Artifact
from beamwright.artifact.delta import delta
from beamwright.artifact.manifest import Entry
from beamwright.errors import BuildError
from beamwright.fleet import Fleet
from beamwright.rollout import deploy
from beamwright.rollout.parcel import Shipment, parcel
from tests.unit.rollout.host import FolderHost
from tests.unit.rollout.memory import MemoryFleet


def cut(tarball: Path, other: Path) -> None:
    tarball.write_bytes(tarball.read_bytes()[:-60])


def flip(tarball: Path, other: Path) -> None:
    content = bytearray(tarball.read_bytes())
    content[len(content) // 2] ^= 1
    tarball.write_bytes(content)


def swap(tarball: Path, other: Path) -> None:
    shutil.copy(other, tarball)


def empty(tarball: Path, other: Path) -> None:
    tarball.write_bytes(b"")


def shorten(tarball: Path, other: Path) -> None:
    tarfile.open(tarball, "w:gz").close()


def remove(tarball: Path, other: Path) -> None:
    tarball.unlink()


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "delta"])
@pytest.mark.parametrize("spoil", [cut, flip, swap, empty, shorten, remove])
def test_a_tarball_that_is_another_is_one_clear_error(
    one_host: FolderHost, spoil: Callable[[Path, Path], None], whole: bool
) -> None:
    old, made = (one_host.artifact(version, {"app/mark": version * 999}) for version in ("0.1.0", "0.2.0"))
    spoil(made.tarball, old.tarball)
    there: dict[str, tuple[Entry, ...]] = {} if whole else {old.release_id: old.manifest().entries}
    with pytest.raises(BuildError, match=r"tree\.tar\.gz is not what its manifest says"):
        parcel(Shipment(made, delta(made.manifest().entries, there)))


def test_it_is_told_before_any_host_is_touched(
    fleet: Fleet, make_artifact: Callable[[str], Artifact]
) -> None:
    hosts, made = MemoryFleet(fleet), make_artifact("0.1.0")
    made.tarball.write_bytes(b"no archive")
    with pytest.raises(BuildError):
        deploy(fleet, fleet.hosts, made, connect=hosts.connect)
    assert (hosts.calls, {host.held for host in hosts.hosts.values()}) == ([], {None})
