"""What a build works with, begun before it is needed: the box, the release that is compiled in it as soon as
it runs, and the VM that will prove the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from beamwright.command import Command
from beamwright.fleet.model import Fleet, Project
from beamwright.release import compile, monorepo, otp, release
from beamwright.release.clock import Clock
from beamwright.release.engine import Engine, Log, OwnBox
from beamwright.release.otp import OtpRoot
from beamwright.release.release import Release
from beamwright.release.vm import Vm, boot_ahead
from beamwright.release.workshop import Workshop


@dataclass(frozen=True)
class Toolbox:
    """A running `box` of the toolchain image `image`, with the OTP in `root` or its own.

    `tools` names both. `release` waits for the release, compiled or brought; BuildError when it can't be had.
    `ahead` is a VM that was booted in the last build's tree, where there is one. `private` are files
    and folders that are no part of the source.
    """

    engine: Engine
    box: OwnBox
    image: str
    root: OtpRoot | None
    tools: str
    release: Callable[[], Release]
    ahead: Vm | None
    private: tuple[Path, ...]


@contextmanager
def open_toolbox(
    fleet: Fleet, engine: Engine, workshop: Workshop, dist: Path, clock: Clock, log: Log
) -> Iterator[Toolbox]:
    """All of it starts beside the block, and goes with it; `dist` is no part of the source."""
    private = (fleet.folder / ".beamwright", dist, *monorepo.private(fleet))
    root = otp.find(fleet.toolchain.otp) if fleet.toolchain.otp else None
    with clock.phase("toolchain"):
        image = engine.toolchain(fleet.toolchain.image, fleet.toolchain.packages, log)
    tools = f"{image}-{root.version}" if root else image
    workshop.prepare(tools)
    mounts = (*workshop.mounts(place(fleet.project, workshop)), *(root.mounts if root else ()))
    compiler = _compiler(fleet.project, workshop, private)
    # Another OTP has to be installed before.
    first = None if root else compiler
    with (
        # Its thread ends when the box is gone.
        ThreadPoolExecutor(1) as pool,
        engine.box(image, mounts, workshop.user, network=fleet.toolchain.network, first=first) as box,
        # Two that start at once wait for each other, and the compiler is to begin.
        boot_ahead(engine, workshop.tree, workshop.claim, box.ready) as ahead,
    ):
        bring = partial(_bring, box, fleet.project, workshop, root, compiler, log)
        # What unpacks here has to end at Ctrl-C, and a thread would not.
        made = bring if fleet.project.tool == "prebuilt" else pool.submit(bring).result
        yield Toolbox(engine, box, image, root, tools, made, ahead, private)


def place(project: Project, workshop: Workshop) -> Path:
    """The folder in which the release appears."""
    return workshop.unpacked if project.tool == "prebuilt" else workshop.release


def _compiler(project: Project, workshop: Workshop, private: tuple[Path, ...]) -> Command | None:
    """What compiles the project; None when somebody else has."""
    if project.tool == "prebuilt":
        return None
    return compile.compiler(project, workshop.user, _excluded(project.context, private))


def _bring(
    box: OwnBox,
    project: Project,
    workshop: Workshop,
    root: OtpRoot | None,
    compiler: Command | None,
    log: Log,
) -> Release:
    """The release, compiled or brought to its place."""
    if root:
        otp.install(box, root)
    folder = place(project, workshop)
    if compiler is None:
        from beamwright.release import prebuilt

        prebuilt.bring(box, project, folder)
    else:
        compile.demand(project, box.run(compiler, root=True, log=log) if root else box.first(log))
    return release.read(folder / project.release, project.release)


def _excluded(context: Path, folders: tuple[Path, ...]) -> tuple[str, ...]:
    """Those of the folders that are inside the context, relative to it."""
    return tuple(
        str(path.relative_to(context)) for path in folders if path.is_relative_to(context) and path != context
    )
