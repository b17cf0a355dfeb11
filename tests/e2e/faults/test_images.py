"""Faults of hosts that run images: what differs from trees is podman, its storage, and the layout."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.e2e.faults import blows, promise
from tests.e2e.faults.conftest import Kept, Make, lend
from tests.e2e.faults.deployment import Deployment, Told
from tests.e2e.faults.fault import Blow, Fault
from tests.e2e.faults.steps import Step, steps
from tests.e2e.faults.yard import BASE, Yard

pytestmark = [pytest.mark.e2e, pytest.mark.docker, pytest.mark.fault]

WORK = "/var/tmp"
"""Where podman keeps the blobs of an image that it takes in (containers/image, tmpdir)."""

DAMAGE = """
blob=$(find {}/blobs -type f {} -size +500k | head -n 1)
printf damage | dd of="$blob" bs=1 seek=4096 conv=notrunc status=none
"""
"""A few bytes of a layer: of one that other releases share, or of the release's own."""


@pytest.fixture(scope="module")
def one(make_yard: Make) -> Iterator[Kept]:
    """A host that runs images, once a test asks for it."""
    alone = Kept(lambda: make_yard(1, {"artifact": '"oci"'}))
    yield alone
    alone.drop()


@pytest.fixture
def yard(one: Kept, request: pytest.FixtureRequest) -> Iterator[Yard]:
    """That host, as the test before has left it."""
    yield from lend(one, request)


def _fill(yard: Yard, blow: Blow, deployment: Deployment) -> None:
    """Less room than the release's own layer needs."""
    yard.on(blow.host, f"mount -t tmpfs -o size=256k tmpfs {WORK}")


def _empty(yard: Yard, blow: Blow) -> None:
    yard.on(blow.host, f"umount {WORK}")


def _told_of_space(yard: Yard, told: Told) -> None:
    assert (told.code, "no space left" in str(told)) == (6, True), told


def _lose_image(yard: Yard, blow: Blow, deployment: Deployment) -> None:
    """Somebody tidies up: of what podman has, only the image of the node that runs is left."""
    yard.on(blow.host, "podman rmi --all >/dev/null 2>&1 || :")
    lost = yard.on(blow.host, f"cat {BASE}/manifests/{yard.goal.release_id}/image")
    yard.on(blow.host, f"! podman image exists {lost}")


def _deployed(yard: Yard, told: Told) -> None:
    assert told.code == 0, told


def _damage_layer(yard: Yard, blow: Blow, deployment: Deployment) -> None:
    """In the layer that no other release has."""
    yard.on(blow.host, DAMAGE.format(f"{BASE}/releases/{yard.goal.release_id}", "-links 1"))


def _told_of_damage(yard: Yard, told: Told) -> None:
    assert (told.code, "is damaged on this host" in str(told)) == (6, True), told


ANYWHERE = tuple(
    fault for kind in blows.KINDS for fault in kind if fault.name in ("deployer killed", "power cut")
)
"""Strike as with trees, at each step."""

KINDS = (
    ("stage", Fault("no space for podman", _fill, _empty, look=_told_of_space)),
    ("restart", Fault("image lost", _lose_image, look=_deployed)),
    ("switch", Fault("layer damaged", _damage_layer, look=_told_of_damage)),
)
"""Faults of podman's, and the action before which they come."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for each blow; what may come anywhere comes at every step, or at one that the seed draws."""
    if "blow" not in metafunc.fixturenames:
        return
    every, seed = metafunc.config.getoption("--faults") == "every", metafunc.config.getoption("--seed")
    drawn = random.Random(f"{seed} images")
    words = ("stage", "switch", "restart", "confirm")
    places = [step for step in steps(drawn, hosts=1) if step.word in words]
    struck = [(f, s) for f in ANYWHERE for s in (places if every else (drawn.choice(places),))]
    struck += [(fault, step) for word, fault in KINDS for step in places if step.word == word]
    metafunc.parametrize(
        ("fault", "blow"),
        [pytest.param(f, _blow(f, s, drawn), id=f"{f}-{s}") for f, s in struck],
    )


def _blow(fault: Fault, step: Step, draw: random.Random) -> Blow:
    """Before the step; or, where that may be, in the middle of it."""
    seconds = draw.choice((0.0, draw.uniform(0.0, fault.most_seconds))) if fault in ANYWHERE else 0.0
    return Blow(step, seconds, step.host)


def test_a_blow_to_a_host_that_runs_images(yard: Yard, fault: Fault, blow: Blow) -> None:
    blows.survive(yard, fault, blow)


def test_a_damaged_layer_is_not_built_upon(yard: Yard) -> None:
    """A layer is one inode for all releases that have it: a new one would be made of a hard link to it."""
    before = yard.goal.release_id
    yard.next_round()
    yard.on(yard.names[0], DAMAGE.format(f"{BASE}/releases/{before}", "-links +1"))
    told = yard.deploy()
    assert told.code == 0 or (told.code == 6 and "is damaged on this host" in str(told)), told
    promise.true(yard, told, dict.fromkeys(yard.names, before))
    promise.converges(yard)
    promise.whole(yard, {yard.goal.release_id})
