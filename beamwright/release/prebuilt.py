"""A release that somebody else's CI made, a folder or a tarball, brought to where compiled ones appear.

Nothing of it is trusted: everything in it is checked first (members.py), then written file by file.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from beamwright.command import command
from beamwright.errors import BuildError
from beamwright.fleet.model import Project
from beamwright.release.engine import Box
from beamwright.release.members import FILE, FOLDER, HARD_LINK, LIMITS, LINK, Limits, Member, check
from beamwright.release.tarball import opened

Write = Callable[[Path, Member], None]

KINDS = {
    stat.S_IFREG: FILE,
    stat.S_IFDIR: FOLDER,
    stat.S_IFLNK: LINK,
    stat.S_IFIFO: "pipe",
    stat.S_IFSOCK: "socket",
}


def bring(box: Box, project: Project, place: Path) -> None:
    """Leaves the release of the project in place/<name>, which is /release/<name> in the box."""
    unpack(project.source, place / project.release)
    complete(box, project.release)


def unpack(source: Path, folder: Path, limits: Limits = LIMITS) -> None:
    """Makes the new folder of the release in the folder or tarball `source`; BuildError with what is wrong.

    Whoever packed it may have put one folder around it.
    """
    aside = folder.with_name(f"{folder.name}.unpacked")
    aside.mkdir()
    if source.is_dir():
        members = _checked(source, _walk(source), limits)
        _write(aside, members, lambda path, member: _copy(source / member.name, path))
    else:
        plain = folder.with_name(f"{folder.name}.tar")
        with opened(source, plain, limits) as tarball:
            _write(aside, _checked(source, tarball.members(), limits), tarball.write)
        plain.unlink()
    root = _root(aside)
    if root is None:
        raise BuildError(
            f"{source} holds no Erlang release", hint="there is no releases/start_erl.data in it"
        )
    root.rename(folder)
    shutil.rmtree(aside, ignore_errors=True)


def complete(box: Box, name: str) -> None:
    """Adds ERTS and the OTP applications that the release was made without; it is /release/<name> in the box.

    BuildError when the toolchain has others than it wants.
    """
    filled = box.run(command("escript", "/compile/complete.escript", f"/release/{name}"), root=True)
    box.run(command("chown", "--recursive", "--reference=/release", f"/release/{name}"), root=True)
    if not filled.ok:
        raise BuildError(
            f"{name} does not fit the toolchain's OTP",
            hint="name the OTP that it was made with, in toolchain.image or toolchain.otp",
            detail=filled.stdout,
        )


def _checked(source: Path, members: Iterator[Member], limits: Limits) -> dict[str, Member]:
    try:
        return check(members, limits)
    except BuildError as exc:
        raise BuildError(f"{source}: {exc.message}", hint=exc.hint) from exc


def _walk(folder: Path) -> Iterator[Member]:
    """Everything below the folder, without following a link."""
    for path in sorted(folder.rglob("*")):
        info = path.lstat()
        kind = KINDS.get(stat.S_IFMT(info.st_mode), "device")
        target = str(path.readlink()) if kind == LINK else ""
        size = info.st_size if kind == FILE else 0
        yield Member(str(path.relative_to(folder)), kind, info.st_mode, size, target)


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def _write(folder: Path, members: Mapping[str, Member], write: Write) -> None:
    """Writes the members: links last, so that nothing is ever written through one."""
    order = (FOLDER, FILE, HARD_LINK, LINK)
    for path, member in sorted(members.items(), key=lambda each: order.index(each[1].kind)):
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if member.kind == FOLDER:
            place.mkdir(parents=True, exist_ok=True)
        elif member.kind == FILE:
            write(place, member)
            place.chmod(0o755 if member.mode & 0o111 else 0o644)
        elif member.kind == HARD_LINK:
            os.link(folder / os.path.normpath(member.target), place)
        else:
            place.symlink_to(member.target)


def _root(folder: Path) -> Path | None:
    """The folder of the release: this one, or the only one in it."""
    inner = list(folder.iterdir())
    for each in (folder, *inner[: len(inner) == 1]):
        if (each / "releases/start_erl.data").is_file():
            return each
    return None
