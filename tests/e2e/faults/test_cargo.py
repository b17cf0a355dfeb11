"""Faults of what is brought: refused here or by the host, and what runs is not touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from beamwright.artifact import Artifact
from tests.e2e.faults import hostile, promise, spoilt
from tests.e2e.faults.untouched import untouched
from tests.e2e.faults.yard import BASE, HELPER, Yard

pytestmark = [pytest.mark.e2e, pytest.mark.docker, pytest.mark.fault]

HERE, HOST = 3, 6
"""Exit codes: no host was touched; the hosts have refused it, nothing was switched."""


# A byte of a file that is the same in all releases, and that nothing reads while it runs: in this release's
# own copy of it, or in the one inode that all of them share.
_FLIP = r"""perl -pe 's/modules/lodules/' bolt.app"""
OWN = f"{_FLIP} >/tmp/app; cat /tmp/app >.new; mv .new bolt.app"
SHARED = f"{_FLIP} >/tmp/app; cat /tmp/app >bolt.app"


@dataclass(frozen=True)
class Fault:
    """A build that is spoilt, who finds it out, and in which words."""

    name: str
    spoil: Callable[[Yard, Artifact], None]
    code: int
    says: str
    mend: Callable[[Yard], None] = lambda _: None


FAULTS = (
    Fault("tarball cut short", spoilt.cut, HERE, "is not what its manifest says"),
    Fault("bit flipped in the tarball", spoilt.flip, HERE, "is not what its manifest says"),
    Fault("tarball swapped", spoilt.swap_tarball, HERE, "app/mark is changed"),
    Fault("manifest swapped", spoilt.swap_manifest, HOST, "signature of"),
    Fault("signature missing", spoilt.unsign, HOST, "not signed"),
    Fault("signature of a stranger", spoilt.sign_by_stranger, HOST, "signature of nobody"),
    Fault("signature expired", spoilt.sign_too_late, HOST, "signature of nobody", spoilt.forget_expired),
    Fault("lower counter", spoilt.count_down, HOST, "was in use here"),
    Fault("another environment", spoilt.build_for_another, HOST, "a release for staging"),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_spoilt_build(yard: Yard, tmp_path: Path, fault: Fault) -> None:
    with untouched(yard):
        made = spoilt.copy(yard.goal, tmp_path / "build")
        fault.spoil(yard, made)
        told = yard.deploy(folder=made.folder)
        fault.mend(yard)
    assert (told.code, fault.says in str(told)) == (fault.code, True), told
    assert set(told.hosts.values()) <= {"unchanged"}, told


@pytest.mark.parametrize("name", hostile.MEMBERS)
def test_a_hostile_archive(yard: Yard, name: str) -> None:
    host = yard.names[0]
    with untouched(yard):
        refused = hostile.send(yard, host, yard.goal, hostile.archive(hostile.MEMBERS[name]))
    assert (refused.exit_code, "host: refused: " in refused.stderr) == (2, True), refused
    assert yard.on(host, "ls /tmp/evil /tmp/mark 2>/dev/null || :") == ""


DAMAGE = {
    "bit flipped in a retained release": (OWN, "previous"),
    "bit flipped in the current release": (OWN, "current"),
    "bit flipped on the disk": (SHARED, "current"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_release_is_not_built_upon(yard: Yard, name: str) -> None:
    """A new release is made of hard links to one that is there: what flipped in that one must not spread."""
    script, link = DAMAGE[name]
    before = yard.goal.release_id
    yard.next_round()
    yard.on(yard.names[-1], f"cd {BASE}/{link}/app/lib/bolt-1.0.0/ebin\n{script}")
    release = f"$(basename $(readlink {BASE}/{link}))"
    yard.on(yard.names[-1], f"{HELPER} check bolt {release} 2>&1 | grep 'is not what its manifest says'")
    told = yard.deploy()
    assert told.code == 0 or (told.code == 6 and "is damaged on this host" in str(told)), told
    promise.true(yard, told, dict.fromkeys(yard.names, before))
    promise.converges(yard)
    promise.whole(yard, {yard.goal.release_id})
    # Whoever comes next finds as many releases as are kept, and no damage that nobody has seen yet.
    yard.next_round()
    yard.deploy()
    promise.converges(yard)
