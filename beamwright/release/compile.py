"""source → release: the project's own build tool, as an ordinary user, on a mirror of the source."""

from __future__ import annotations

from pathlib import Path

from beamwright import resources
from beamwright.command import Command, Result, command
from beamwright.errors import BeamwrightError, BuildError, ConfigError
from beamwright.fleet.model import Project
from beamwright.release import mirror
from beamwright.release.digest import digest
from beamwright.release.engine import Box, Log

PROJECT_FILE = {"mix": "mix.exs", "rebar3": "rebar.config"}
NO_DEPENDENCY, NO_RELEASE, NO_SOURCE, NOT_KEPT = 3, 4, 5, 6
"""Exit codes of images/compile/build.sh and what it runs; any other is the build tool's own."""


def check(project: Project) -> None:
    """ConfigError when the source holds no project of its build tool, or there is nothing to take."""
    if project.tool == "prebuilt":
        if not project.source.exists():
            raise ConfigError(
                f"there is no release at {project.source}",
                hint="project.source is a release's folder or tarball; whoever makes it runs before",
            )
        return
    name = PROJECT_FILE[project.tool]
    if not (project.source / name).is_file():
        raise ConfigError(
            f"no {name} in {project.source}", hint="set project.source and project.tool in fleet.toml"
        )


def compiler(project: Project, owner: str, excluded: tuple[str, ...]) -> Command:
    """Leaves the assembled release in /release/<name>, when root runs it in a box.

    `owner` is the builder as "uid:gid".
    """
    return command(
        *("sh", "/compile/build.sh", owner, project.tool, project.profile, project.release),
        (Path("/project") / project.inside).as_posix(),
        *mirror.arguments(project, owner, excluded),
        HOME="/home",
    )


def demand(project: Project, built: Result) -> None:
    """BuildError unless it has made the release; ConfigError when the project has none of that name.

    What it printed was told as it came, and is no part of them.
    """
    if not built.ok:
        raise _failure(project, built)


def _failure(project: Project, built: Result) -> BeamwrightError:
    """What went wrong, by the exit code of the script that compiles (images/compile/build.sh)."""
    if built.exit_code == NO_DEPENDENCY:
        return BuildError(
            "a dependency of the project can't be had",
            hint="see its name and version, and whether its source is reached from here; without a network"
            " (toolchain.network = false) it has to be in the project; a folder (path) has to be inside of"
            " project.source, or of project.context",
        )
    if built.exit_code == NO_RELEASE:
        there = built.stdout.splitlines()[-1].replace(" ", ", ")
        return ConfigError(
            f"the release {project.release} is not in the project, which has {there}",
            hint="set project.release in fleet.toml"
            + (": without it, it is project.name" if project.release == project.name else ""),
        )
    if built.exit_code == NO_SOURCE:
        return BuildError(f"the source {project.source} can't be read", hint="see who may read its files")
    if built.exit_code == NOT_KEPT:
        return BuildError(
            f"the release {project.release} can't be written to the build's cache",
            hint="remove .beamwright/cache beside fleet.toml, then build again",
        )
    return BuildError(
        f"{project.tool} could not build the release {project.release}", hint="see above what it says"
    )


def compile_node(box: Box, kept: Path, image: str, log: Log) -> Path:
    """The ebin folder of beamwright_node, compiled by the toolchain image that compiles the release.

    `kept` is /node as seen from here; what is there is taken when neither source nor toolchain has changed.
    """
    toolchain = image.rpartition(":")[2]
    sources = digest(resources.find("node/src")), digest(resources.find("images/compile"))
    ebin = f"{toolchain}-{sources[0][:12]}-{sources[1][:6]}/ebin"
    if not (kept / ebin / "beamwright_node.app").is_file():
        log("compiling beamwright_node")
        built = box.run(command("escript", "/compile/node.escript", "/beamwright_node", f"/node/{ebin}"))
        if not built.ok:
            raise BuildError("beamwright_node does not compile", detail=built.stdout)
    return kept / ebin
