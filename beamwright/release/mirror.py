"""The source as the build tool sees it: a copy that it may write into, made equal to the source each time."""

from __future__ import annotations

import re

from beamwright.command import Command, command
from beamwright.fleet.model import Project
from beamwright.release.release import own_applications


def mirror(project: Project, owner: str, excluded: tuple[str, ...]) -> Command:
    """Makes /project equal to /source, the project's context, but for what the build tools keep in it.

    `excluded` are paths in the context that are not the project's: artifacts, caches, secrets. Dependencies
    that the user has fetched are taken over, those that were fetched here stay.
    """
    at = f"/{_literal((project.inside / '_').as_posix().removesuffix('_'))}"
    rules = _rebar3_rules(project, at) if project.tool == "rebar3" else (f"protect {at}deps/***", "- _build")
    return command(
        *("rsync", "--archive", f"--chown={owner}", "--delete"),
        *(f"--filter={rule}" for rule in (*(f"- /{_literal(path)}" for path in excluded), *rules)),
        *("/source/", "/project/"),
    )


def _literal(path: str) -> str:
    """A pattern that matches this path alone.

    Source: rsync(1): a backslash stands for itself in a pattern without wildcards, and escapes in others.
    """
    return re.sub(r"([\\*?[])", r"\\\1", path) if re.search(r"[*?[]", path) else path


def _rebar3_rules(project: Project, at: str) -> tuple[str, ...]:
    """rebar3 fetches into _build: of that, what is no work of a compiler that another OTP belongs to."""
    own, built = sorted(own_applications(project)), f"{at}_build"
    return (
        f"protect {built}/***",
        *(f"- {built}/*/lib/{name}" for name in own),
        *(f"- {built}/*/*/*/ebin", f"- {built}/*/*/.rebar3", f"- {built}/*/*/*/.rebar3"),
        *(f"+ {built}/", f"+ {built}/*/", f"+ {built}/*/lib/***", f"+ {built}/*/plugins/***"),
        *(f"- {built}/***", "- _build"),
    )
