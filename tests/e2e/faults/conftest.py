"""The hosts that are disturbed, and how many faults they have survived."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from beamwright import artifact, local
from beamwright import fleet as fleets
from beamwright.artifact import Artifact
from beamwright.fleet import secrets
from beamwright.toolchain import Engine
from tests.e2e.faults.cargo import variants
from tests.e2e.faults.fleet_file import fleet_text
from tests.e2e.faults.images import as_image
from tests.e2e.faults.yard import Yard

HERE = Path(__file__).parent
_GZIP = '[artifact]\ncompression = "gzip"\n'
"""The layers of tarball and image are the same files then, and packed once."""
SIGNERS = "/etc/beamwright/allowed_signers"


@pytest.fixture(scope="session")
def built_bolt(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """The small application, built once."""
    folder = tmp_path_factory.mktemp("bolt")
    shutil.copytree(HERE / "bolt", folder / "bolt")
    (folder / "fleet.toml").write_text(fleet_text(hosts=1) + _GZIP, "utf-8")
    fleet = fleets.load(folder / "fleet.toml")
    secrets.ensure(fleet)
    report = artifact.build(fleet, engine, folder / "dist", ("tarball", "oci"), lambda _: None)
    return artifact.read(report.folder)


Make = Callable[..., AbstractContextManager[Yard]]


@pytest.fixture(scope="session")
def make_yard(engine: Engine, built_bolt: Artifact, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes so many fresh hosts that trust one signer and have had so many releases; taken away at the end.

    `deploy` are more keys of that table of the fleet file.
    """

    @contextmanager
    def make(hosts: int, deploy: Mapping[str, str] | None = None, releases: int = 2) -> Iterator[Yard]:
        yard = Yard(
            tmp_path_factory.mktemp("yard"), engine.client, (), hosts, deploy_settings=dict(deploy or {})
        )
        yard.write()
        try:
            yard.up()
            yard.artifacts = variants(yard.fleet, built_bolt, ("1.0.1", "1.0.2", "1.0.3"))
            if yard.fleet.deploy.artifact == "oci":
                yard.artifacts = tuple(as_image(yard.fleet, built_bolt, made) for made in yard.artifacts)
            for name in yard.names:
                _trust(yard, name)
            for _ in range(releases):
                yard.next_round()
                told = yard.deploy()
                assert told.code == 0, told
            yield yard
        finally:
            local.down(yard.fleet, lambda _: None)

    return make


def _trust(yard: Yard, name: str) -> None:
    text = yard.fleet.signing.allowed_signers.read_text("utf-8")
    yard.on(name, f"mkdir -p /etc/beamwright && cat >{SIGNERS} <<'END'\n{text}\nEND")


class Kept:
    """The hosts that tests hand on to each other; one that fails may leave anything, so it hands on none."""

    def __init__(self, make: Callable[[], AbstractContextManager[Yard]]) -> None:
        self._make, self._open = make, ExitStack()
        self._yard: Yard | None = None

    def get(self) -> Yard:
        """Those that there are, or fresh ones."""
        self._yard = self._yard or self._open.enter_context(self._make())
        return self._yard

    def drop(self) -> None:
        """Takes them away."""
        self._yard = None
        self._open.close()


@pytest.fixture(scope="session")
def kept(make_yard: Make) -> Iterator[Kept]:
    """Two hosts, once a test asks for them."""
    pair = Kept(lambda: make_yard(2))
    yield pair
    pair.drop()


@pytest.fixture
def yard(kept: Kept, request: pytest.FixtureRequest) -> Iterator[Yard]:
    """Two hosts, as the test before has left them."""
    yield from lend(kept, request)


def lend(kept: Kept, request: pytest.FixtureRequest) -> Iterator[Yard]:
    """Hosts for a test, which has to leave them whole, converged and at rest."""
    failed = request.session.testsfailed
    yield kept.get()
    if request.session.testsfailed > failed:
        kept.drop()
