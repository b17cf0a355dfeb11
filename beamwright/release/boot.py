"""The release's boot script with beamwright_node in it; made anew only when the release starts otherwise.

boot.escript writes them into one folder:

    <name>.rel  start.boot  RELEASES
    otp                       the OTP release, then the folders of OTP's own applications
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from beamwright.command import command
from beamwright.errors import BuildError
from beamwright.release.digest import of_file, recipe
from beamwright.release.engine import Box
from beamwright.release.files import empty
from beamwright.release.release import Release
from beamwright.release.store import key
from beamwright.release.workshop import Workshop


@dataclass(frozen=True)
class Otp:
    """The OTP of the toolchain: its release (`27`) and the folders of its applications (`stdlib-6.2`)."""

    release: str
    libraries: frozenset[str]


@dataclass(frozen=True)
class Boot:
    """How the release starts: `files` maps paths in the tree to files."""

    files: dict[str, Path]
    otp: Otp


def make(box: Box, workshop: Workshop, release: Release, node: Path) -> Boot:
    """Adds beamwright_node, whose ebin folder is `node` here, to how the release starts."""
    folder = release.version_folder
    app = node / "beamwright_node.app"
    made_from = (folder / f"{release.name}.rel", folder / "start.boot", app)
    known = key((recipe(), box.image, release.name, release.version, *map(of_file, made_from)))
    kept = workshop.store.find("boot", known)
    if kept is None:
        _run(box, workshop, release, app)
        kept = workshop.store.put("boot", known, workshop.boot)
    otp, *libraries = (kept.folder / "otp").read_text("utf-8").splitlines()
    releases = "app/releases"
    files = {
        f"{releases}/RELEASES": kept.folder / "RELEASES",
        **{
            f"{releases}/{release.version}/{name}": kept.folder / name
            for name in (f"{release.name}.rel", "start.boot")
        },
    }
    return Boot(files, Otp(otp, frozenset(libraries)))


def _run(box: Box, workshop: Workshop, release: Release, app: Path) -> None:
    """Leaves the files in workshop.boot, which is /boot in the box, and nothing that was there before."""
    empty(workshop.boot)
    made = box.run(
        command(
            *("escript", "/compile/boot.escript", f"/release/{release.folder.name}", release.name),
            *(release.version, f"/node/{app.relative_to(workshop.node)}", "/boot"),
        ),
        root=True,
    )
    if not made.ok:
        raise BuildError("the release's boot script could not be made", detail=made.stdout)
    workshop.take_over(box)
