"""source → tree: the steps in their order, in one box of the toolchain image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from beamwright.fleet.model import Fleet
from beamwright.release import closure, prove, release, tree
from beamwright.release.clock import Clock
from beamwright.release.compile import compile_node, compile_release
from beamwright.release.release import Release
from beamwright.release.tree import Otp
from beamwright.release.workshop import Engine, Log, Workshop


@dataclass(frozen=True)
class Made:
    """A proven tree in `folder`, and what it was made from; `arch` is Debian's and OCI's name (`amd64`)."""

    folder: Path
    release: Release
    otp: Otp
    arch: str


def make_tree(fleet: Fleet, engine: Engine, workshop: Workshop, dist: Path, clock: Clock, log: Log) -> Made:
    """Compiles the fleet's project and makes its tree in `workshop.tree`; `dist` is no part of the source."""
    project = fleet.project
    with clock.phase("toolchain"):
        image = engine.toolchain(fleet.toolchain.image, fleet.toolchain.packages, log)
    workshop.prepare(image)
    network = fleet.toolchain.network
    with engine.box(image, workshop.mounts(), workshop.user, env={}, network=network) as box:
        with clock.phase("compile"):
            excluded = _excluded(project.source, (fleet.secrets, fleet.folder / ".beamwright", dist))
            compile_release(box, project, workshop.user, excluded, log)
            node = compile_node(box, workshop.node, image, log)
        with clock.phase("assemble"):
            made = release.read(workshop.release / project.release, project.release)
            tree.assemble(made, node, workshop.tree, log)
            otp = tree.finish(box, made, workshop.tree)
        with clock.phase("closure"):
            arch = closure.architecture(workshop.tree)
            closure.close(box, workshop.tree)
            tree.add_system_files(box, made, workshop.tree)
            workshop.take_over(box)
            tree.normalise(workshop.tree)
    with clock.phase("prove"):
        prove.prove(engine, made, workshop.tree)
    return Made(workshop.tree, made, otp, arch)


def _excluded(source: Path, folders: tuple[Path, ...]) -> tuple[str, ...]:
    """Those of the folders that are inside the source, relative to it."""
    return tuple(
        str(path.relative_to(source)) for path in folders if path.is_relative_to(source) and path != source
    )
