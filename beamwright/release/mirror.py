"""The source as the build tool sees it: a copy that it may write into, made equal to the source each time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath

from beamwright.command import Command, command
from beamwright.fleet.model import Project
from beamwright.release import monorepo
from beamwright.release.release import own_applications


def arguments(project: Project, owner: str, excluded: tuple[str, ...]) -> tuple[str, ...]:
    """Those of images/compile/mirror.sh that follow the tool and the folder; for `excluded` see `mirror`."""
    own = sorted(own_applications(project)) if project.tool == "rebar3" else ()
    private = (f"/project/{path}" for path in excluded)
    return " ".join(own), *private, *mirror(project, owner, excluded).argv_clear()


def mirror(project: Project, owner: str, excluded: tuple[str, ...]) -> Command:
    """Makes /project equal to /sealed/source, the project's context, but for what the build tools keep in it.

    `excluded` are paths in the context that are not the project's: artifacts, caches, secrets. Dependencies
    that the user has fetched are taken over, those that were fetched here stay: beside the source, or above
    it, where an umbrella has those of its children. A change that leaves the size of a file it does not see:
    images/compile/mirror.sh, which runs this, removes such files before, and leaves out the dependencies that
    are there.
    """
    at, *above = (_anchored(folder) for folder in (project.inside, *project.inside.parents))
    rules = _rebar3_rules(project, at) if project.tool == "rebar3" else _mix_rules(at, above)
    # Hidden, not left out: a mirror may have it from before it was named.
    private = (f"hide /{_literal(path)}" for path in excluded)
    others = (f"- /{_literal(path)}" for path in monorepo.built(project))
    return command(
        *("rsync", "--archive", "--no-times", "--size-only", f"--chown={owner}", "--delete"),
        *(f"--filter={rule}" for rule in ("- .beamwright/", *private, *others, *rules)),
        *("/sealed/source/", "/project/"),
    )


def _anchored(folder: PurePath) -> str:
    """A folder of the context as patterns start with it; `/` for the context itself."""
    return f"/{_literal(folder.as_posix())}/" if folder.parts else "/"


def _literal(path: str) -> str:
    """A pattern that matches this path alone.

    Source: rsync(1): a backslash stands for itself in a pattern without wildcards, and escapes in others.
    """
    return re.sub(r"([\\*?[])", r"\\\1", path) if re.search(r"[*?[]", path) else path


def _mix_rules(at: str, above: Iterable[str]) -> tuple[str, ...]:
    """mix fetches into deps, and compiles there what belongs to no source."""
    return (*(f"protect {folder}deps/***" for folder in (at, *above)), f"- {at}_build")


def _rebar3_rules(project: Project, at: str) -> tuple[str, ...]:
    """rebar3 fetches into _build: of that, what is no work of a compiler that another OTP belongs to."""
    own, built = sorted(own_applications(project)), f"{at}_build"
    return (
        f"protect {built}/***",
        *(f"- {built}/*/lib/{name}" for name in own),
        *(f"- {built}/*/*/*/ebin", f"- {built}/*/*/.rebar3", f"- {built}/*/*/*/.rebar3"),
        *(f"+ {built}/", f"+ {built}/*/", f"+ {built}/*/lib/***", f"+ {built}/*/plugins/***"),
        f"- {built}/***",
    )
