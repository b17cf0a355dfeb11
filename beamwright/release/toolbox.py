"""What a build works with, begun before it is needed: the box that compiles, and the VM that will prove."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from beamwright.fleet.model import Fleet, Project
from beamwright.release import otp
from beamwright.release.clock import Clock
from beamwright.release.otp import OtpRoot
from beamwright.release.vm import Vm, boot_ahead
from beamwright.release.workshop import Box, Engine, Log, Workshop


@dataclass(frozen=True)
class Toolbox:
    """A running `box` of the toolchain image `image`, with the OTP in `root` or its own.

    `tools` names both. `ahead` is a VM that was booted in the last build's tree, where there is one.
    """

    engine: Engine
    box: Box
    image: str
    root: OtpRoot | None
    tools: str
    ahead: Vm | None


@contextmanager
def open_toolbox(
    fleet: Fleet, engine: Engine, workshop: Workshop, clock: Clock, log: Log
) -> Iterator[Toolbox]:
    """All of it starts beside the block, and goes with it."""
    root = otp.find(fleet.toolchain.otp) if fleet.toolchain.otp else None
    with clock.phase("toolchain"):
        image = engine.toolchain(fleet.toolchain.image, fleet.toolchain.packages, log)
    tools = f"{image}-{root.version}" if root else image
    workshop.prepare(tools)
    mounts = (*workshop.mounts(place(fleet.project, workshop)), *(root.mounts if root else ()))
    with (
        engine.box(image, mounts, workshop.user, network=fleet.toolchain.network) as box,
        # Two that start at once wait for each other, and the compiler is to begin.
        boot_ahead(engine, workshop.tree, workshop.claim, box.ready) as ahead,
    ):
        yield Toolbox(engine, box, image, root, tools, ahead)


def place(project: Project, workshop: Workshop) -> Path:
    """The folder in which the release appears."""
    return workshop.unpacked if project.tool == "prebuilt" else workshop.release
