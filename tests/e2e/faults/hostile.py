"""Archives that want out of their folder, sent past the deployer's own checks as it would send them."""

from __future__ import annotations

import io
import tarfile
import time

from beamwright.artifact import Artifact
from beamwright.command import Result
from beamwright.rollout.crew import Crew
from beamwright.rollout.events import ignore
from beamwright.rollout.lock import locked
from beamwright.rollout.operation import perform
from beamwright.rollout.parcel import release
from tests.e2e.faults.yard import Yard

INSIDE = "app/mark"
"""A file that the manifest names."""


def _member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, target, mode
    return info


MEMBERS = {
    "..": (_member("../../../../../../tmp/evil"),),
    "inner ..": (_member("app/../../../../../../../tmp/evil"),),
    "absolute": (_member("/tmp/evil"),),
    "link out": (_member("app", tarfile.SYMTYPE, "/tmp"), _member("app/evil")),
    "folder that is a link": (_member("app", tarfile.SYMTYPE, "/tmp"), _member(INSIDE)),
    "folder that is a link in disguise": (_member("app/", tarfile.SYMTYPE, "/tmp"), _member(INSIDE)),
    "hard link out": (_member(INSIDE, tarfile.LNKTYPE, "/etc/shadow"),),
    "device": (_member(INSIDE, tarfile.CHRTYPE),),
    "setuid": (_member(INSIDE, mode=0o4755),),
}
"""What makes an archive hostile: its members, under a manifest that is signed for and names none such."""


def archive(members: tuple[tarfile.TarInfo, ...]) -> bytes:
    """A tree.tar.gz of those members, and of nothing else."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.GNU_FORMAT) as tar:
        for member in members:
            tar.addfile(member)
    return out.getvalue()


def send(yard: Yard, host: str, made: Artifact, tree: bytes) -> Result:
    """What the host says to that tree under the manifest of the build."""
    fleet = yard.fleet
    hosts = [each for each in fleet.hosts if each.name == host]
    verb = ("stage", "bolt", made.release_id, "-", "newer")
    with Crew(fleet, hosts) as crew, locked(crew, "hostile", ignore, time.monotonic()):
        return perform(crew, host, verb, 60.0, release(made, tree))
