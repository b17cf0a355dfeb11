"""What somebody else's archive or folder holds, and whether it may be unpacked: decided before the first
byte is written, from names and sizes alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from beamwright.errors import BuildError

FILE, FOLDER, LINK, HARD_LINK = "file", "folder", "link", "hard link"


@dataclass(frozen=True)
class Member:
    """An entry; `target` is what a link points to, `size` in bytes. Any other `kind` is told as it is."""

    name: str
    kind: str
    mode: int = 0o644
    size: int = 0
    target: str = ""


@dataclass(frozen=True)
class Limits:
    """How much may be in it; more is no release but a bomb."""

    members: int = 100_000
    bytes: int = 4 << 30


LIMITS = Limits()


def check(members: Iterable[Member], limits: Limits = LIMITS) -> dict[str, Member]:
    """The members by their path below the folder that they are unpacked into.

    BuildError that names the first one that has no place there: outside of it, twice, through a link, a
    device, with the rights of its owner. Links stay inside and point to files that are there.
    """
    checked: dict[str, Member] = {}
    weight = 0
    for count, member in enumerate(members, 1):
        weight += _weigh(member)
        if count > limits.members or weight > limits.bytes:
            raise BuildError(
                f"it holds more than {limits.members} files or {limits.bytes >> 20} MiB",
                hint="that is no release: see who made it",
            )
        path = _path(member.name)
        _check_kind(member)
        before = checked.get(path)
        if before and not before.kind == member.kind == FOLDER:
            raise _refused(member, "is there twice")
        checked[path] = member
    checked.pop(".", None)
    for path, member in checked.items():
        _check_place(path, member, checked)
    return checked


def _weigh(member: Member) -> int:
    if member.size < 0:
        raise _refused(member, "has a negative size")
    return member.size


def _path(name: str) -> str:
    """The name as a path below the folder, `.` for the folder itself."""
    if not name.isprintable() or "\\" in name:  # of no UTF-8 there is a surrogate in it
        raise BuildError(f"the name {name!r} has a control character, a backslash or no UTF-8 in it")
    if name.startswith("/"):
        raise BuildError(f"{name} is an absolute path", hint="pack the release with names relative to it")
    if ".." in name.split("/"):
        raise BuildError(f"{name} leads out of the release")
    return str(PurePosixPath(name))


def _check_kind(member: Member) -> None:
    if member.kind not in (FILE, FOLDER, LINK, HARD_LINK):
        raise _refused(member, f"is a {member.kind}")
    if member.kind == FILE and member.mode & 0o6000:
        raise _refused(member, "is setuid or setgid")


def _check_place(path: str, member: Member, all_members: Mapping[str, Member]) -> None:
    """Nothing is below what is no folder, and a link leads to a file of the release."""
    for above in PurePosixPath(path).parents:
        held = all_members.get(str(above))
        if held and held.kind != FOLDER:
            raise _refused(member, f"is below {above}, which is a {held.kind}")
    passed = set()
    while member.kind in (LINK, HARD_LINK):
        passed.add(path)
        path = _target(path, member, all_members)
        if path in passed or path not in all_members or all_members[path].kind == FOLDER:
            raise _refused(member, f"is a {member.kind} to {member.target}, which is no file of the release")
        member = all_members[path]


def _target(path: str, member: Member, all_members: Mapping[str, Member]) -> str:
    """Where a link leads to, step by step as the kernel goes, but through no other link."""
    parts = list(PurePosixPath(path).parent.parts) if member.kind == LINK else []
    if member.target.startswith("/"):
        raise _refused(member, f"is a {member.kind} to {member.target}, out of the release")
    for step in member.target.split("/"):
        through = all_members.get("/".join(parts))
        if through and through.kind != FOLDER:
            raise _refused(member, f"is a {member.kind} through {'/'.join(parts)}, which is a {through.kind}")
        if step == ".." and not parts:
            raise _refused(member, f"is a {member.kind} to {member.target}, out of the release")
        if step == "..":
            parts.pop()
        elif step not in ("", "."):
            parts.append(step)
    return "/".join(parts)


def _refused(member: Member, why: str) -> BuildError:
    return BuildError(f"{member.name} {why}", hint="a release holds files, folders and links among them only")
