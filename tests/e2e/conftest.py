"""The fleet and the builds that the end-to-end tests share."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterator

import pytest

from beamwright.artifact import Artifact
from beamwright.toolchain import Engine
from beamwright.toolchain.box import Box
from tests.hand import FOLDER, NOBODY, Hand
from tests.road import ROOT, Road
from tests.unpacked import unpack


@pytest.fixture(scope="session")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    """The courier example, built and deployed to two fresh hosts; taken away at the end."""
    folder = tmp_path_factory.mktemp("road")
    shutil.copytree(
        ROOT / "examples/courier", folder / "courier", ignore=shutil.ignore_patterns("_build", "deps")
    )
    text = (ROOT / "fleet.toml").read_text("utf-8")
    text = text.replace("examples/courier", "courier") + "\n[deploy]\nsoak_seconds = 1\n"
    (folder / "fleet.toml").write_text(text, "utf-8")
    road = Road(folder)
    try:
        road.invoke("local.up")
        road.invoke("build")
        road.invoke("deploy", "--yes")
        yield road
    finally:
        road.invoke("local.down")


@pytest.fixture(params=["courier", "depot"])
def built(request: pytest.FixtureRequest) -> Artifact:
    """Each of the two examples: one of Elixir, one of Erlang."""
    found: Artifact = request.getfixturevalue(f"built_{request.param}")
    return found


@pytest.fixture(scope="session")
def bare(engine: Engine) -> Iterator[str]:
    """An image of busybox, its links, and empty folders."""
    busybox = shutil.which("busybox")
    if busybox is None or subprocess.run(["ldd", busybox], capture_output=True, check=False).returncode == 0:
        pytest.skip("no static busybox is installed here: `script/setup` installs it")
    applets = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(busybox, "bin/busybox")
        for applet in applets:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            if applet != "busybox":
                archive.addfile(link)
        for folder in ("tmp", "dev", "proc"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777
            archive.addfile(entry)
    image = engine.client.api.import_image_from_data(packed.getvalue())
    digest = image.partition('"status":"')[2].partition('"')[0]
    yield digest
    engine.client.images.remove(digest, force=True)


@pytest.fixture(params=["courier", "depot"], scope="module")
def hand(
    request: pytest.FixtureRequest, engine: Engine, bare: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hand]:
    """Each of the two examples, unpacked in a folder whose name is as bad as names get."""
    built: Artifact = request.getfixturevalue(f"built_{request.param}")
    folder = tmp_path_factory.mktemp("tree")
    unpack(built.tarball, folder)
    folder.chmod(0o755)
    container = engine.client.containers.create(
        bare,
        ["sleep", "1000"],
        hostname="bare",
        init=True,
        labels={"beamwright": "test"},
        volumes=[f"{folder}:{FOLDER}:ro"],
        network_mode="none",
    )
    try:
        container.start()
        yield Hand(Box(engine.client, lambda: container, NOBODY), container, built.name, f"{built.name}@bare")
    finally:
        container.remove(force=True, v=True)


@pytest.fixture
def daemon(hand: Hand) -> Iterator[Hand]:
    """The release, running."""
    hand.ok('"$it" daemon')
    yield hand
    hand.ok('"$it" stop')
