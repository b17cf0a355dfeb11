"""source → tree: the steps in their order, in one box of the toolchain image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from beamwright.fleet.model import Fleet
from beamwright.release import boot, by_hand, include, native, packages, tree
from beamwright.release.boot import Otp
from beamwright.release.clock import Clock
from beamwright.release.compile import compile_node
from beamwright.release.engine import Box, Log
from beamwright.release.files import Folder
from beamwright.release.native import Native
from beamwright.release.noted import Digests
from beamwright.release.packages import Packages
from beamwright.release.prove import proving
from beamwright.release.release import Release
from beamwright.release.stripper import Stripper
from beamwright.release.toolbox import Toolbox
from beamwright.release.tree import Assembled
from beamwright.release.workshop import Workshop


@dataclass(frozen=True)
class Origin:
    """Where a tree was made: `image` is the toolchain's tag, `image_id` its id, `sha256:…`.

    `mirror` is the folder in which the project was compiled, with its dependencies.
    """

    mirror: Path
    image: str
    image_id: str
    packages: Packages


@dataclass(frozen=True)
class Made:
    """A tree in `folder`, and what it was made from; `arch` is Debian's and OCI's name (`amd64`).

    `digests` are those of its beam files and native part, by path, as they were put there: sha256 in hex.
    """

    folder: Path
    release: Release
    otp: Otp
    arch: str
    origin: Origin
    digests: Mapping[str, str]


@contextmanager
def make_tree(fleet: Fleet, tools: Toolbox, workshop: Workshop, clock: Clock, log: Log) -> Iterator[Made]:
    """Makes the tree of the fleet's project, which is proven beside the block.

    The block ends with BuildError when the tree does not hold all that it needs.
    """
    included = include.find(fleet.folder, fleet.beside.include, tools.private)
    box = tools.box
    with clock.phase("compile"):
        made = tools.release()
        node = compile_node(box, workshop.node, tools.tools, log)
    of_toolchain, assembled, part = _assemble(fleet, box, workshop, made, node, included, clock, log)
    with clock.phase("packages"):
        erts = None if tools.root or fleet.project.tool == "prebuilt" else made.erts
        found = packages.find(box, workshop.tree, erts, workshop.cache / "packages")
    box.end()
    origin = Origin(workshop.project / fleet.project.inside, tools.image, box.image, found)
    with proving(tools.engine, workshop, assembled, part, tools.ahead, clock):
        digests = {**assembled.beams.digests, **part.digests}
        yield Made(workshop.tree, made, of_toolchain, part.arch, origin, digests)


def _assemble(
    fleet: Fleet,
    box: Box,
    workshop: Workshop,
    made: Release,
    node: Path,
    included: Mapping[str, Path],
    clock: Clock,
    log: Log,
) -> tuple[Otp, Assembled, Native]:
    """Makes the tree in workshop.tree."""
    with clock.phase("assemble"):
        start = boot.make(box, workshop, made, node)
        files = include.join(tree.contents(made, node) | start.files, included)
        programs = tree.natives(files)
        others = {path: file for path, file in files.items() if path not in programs}
        digests = Digests(workshop.digests)
        whole, stripper = Folder(workshop.tree, digests.of), Stripper(workshop.stripped, digests.of)
        beams = tree.assemble(made, start.otp, others, stripper, whole, log)
    with clock.phase("closure"):
        part = native.make(box, workshop, programs, _system(fleet, made), digests)
        by_hand.list_programs(part.programs, whole)
        tree.finish(whole, part.folder)
        digests.keep()
    return start.otp, Assembled(beams, frozenset(whole.changed)), part


def _system(fleet: Fleet, made: Release) -> tuple[str, ...]:
    """The parts of system.sh that the release wants."""
    names = {name for name, _ in made.applications}
    wanted = {
        "certificates": bool({"public_key", "ssl"} & names),
        "timezones": fleet.packaging.timezones,
        "shell": fleet.beside.shell,
    }
    return tuple(part for part, is_wanted in wanted.items() if is_wanted)
