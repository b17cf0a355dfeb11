"""A release as mix and rebar3 leave it: which one it is, and what of it a running node needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from beamwright.errors import BuildError
from beamwright.fleet.model import Project
from beamwright.fleet.resolve import real

PROGRAMS = ("beam.smp", "erl_child_setup", "erlexec", "inet_gethost", "run_erl", "to_erl")
"""The programs of ERTS that a running node uses; inet_gethost asks libc for names, the last two are
`daemon` and `attach` of a node that runs by hand."""

NOT_RUN = (".a", ".c", ".cc", ".cpp", ".d", ".erl", ".h", ".hpp", ".hrl", ".la", ".mk", ".o")
"""Endings of what compilers read or leave in priv/."""

NOT_STARTED_WITH = {
    *("elixir", "iex", "env.sh", "env.bat", "vm.args", "remote.vm.args"),
    *("start.script", "start_clean.script", "no_dot_erlang.boot"),
}
"""Files of releases/<vsn>/ for the start scripts of mix and relx: beamwright's tree has its own start."""


@dataclass(frozen=True)
class Release:
    """A release in `folder`; `erts` is the version of its ERTS, `applications` are (name, version) pairs."""

    folder: Path
    name: str
    version: str
    erts: str
    applications: tuple[tuple[str, str], ...]

    @property
    def version_folder(self) -> Path:
        """releases/<vsn>: boot scripts and configuration."""
        return self.folder / "releases" / self.version


def read(folder: Path, name: str) -> Release:
    """The release in the folder; BuildError when it is another one, or can't start without a shell.

    BuildError too for a link out of it, among what is read of it beside the files that `wanted` names.
    """
    demand_own(folder, (folder, folder / "lib", folder / "releases/start_erl.data"))
    erts, version = _versions(folder / "releases/start_erl.data")
    for place in (folder / "bin", folder / "releases" / version):
        demand_own(folder, (place,))
        demand_own(folder, place.glob("*"))
    libraries = sorted(path.name for path in (folder / "lib").iterdir())
    parts = (library.rpartition("-") for library in libraries)
    applications = tuple((app, vsn) for app, dash, vsn in parts if dash)
    release = Release(folder, name, version, erts, applications)
    _check(release)
    return release


def demand_own(folder: Path, paths: Iterable[Path]) -> None:
    """BuildError when one of the paths in the release's folder leads to a file or folder out of it.

    They are read here, where the project's own programs, which made them, may see nothing. What leads nowhere
    is not read: the toolchain's OTP has such links.
    """
    home = real(folder.parent) / folder.name
    for path in paths:
        if not (place := real(path)).is_relative_to(home) and leads(path, Path.exists):
            raise BuildError(
                f"{path.relative_to(folder.parent)} leads out of the release, to {place} on this machine",
                hint="put the file itself there: see what makes the link, an overlay, a hook or a dependency",
            )


def leads(path: Path, to: Callable[[Path], bool]) -> bool:
    """Whether the path leads to such a thing, or where this user may not look."""
    try:
        return to(path)
    except PermissionError:
        return True


def _versions(file: Path) -> tuple[str, str]:
    """Those of ERTS and of the release, which become parts of paths: what is prebuilt may say anything."""
    text = file.read_text("utf-8", "replace")
    match text.split():
        case [erts, version] if all(re.fullmatch(r"\w[\w.+~-]*", each) for each in (erts, version)):
            return erts, version
    raise BuildError(
        f"releases/start_erl.data names no two versions: {text[:80]!r}",
        hint="mix release and rebar3 release make it: take theirs",
    )


def _check(release: Release) -> None:
    """BuildError for what a tree without a shell would get wrong silently."""
    folder = release.version_folder
    if not (folder / f"{release.name}.rel").is_file():
        found = ", ".join(path.stem for path in folder.glob("*.rel"))
        raise BuildError(
            f"the release {release.name} is not in the project, {found} is",
            hint="set project.release in fleet.toml",
        )
    if not (release.folder / f"erts-{release.erts}").is_dir():
        raise BuildError("the release holds no ERTS", hint="remove include_erts from the project's release")
    for template in ("vm.args.src", "sys.config.src"):
        if (folder / template).exists():
            raise BuildError(
                f"{template} is filled in by relx's start script, which is not in a tree",
                hint="read the environment in the application instead, or use plain vm.args and sys.config",
            )
    for needed in ("start.boot", "start_clean.boot", "sys.config"):
        if not (folder / needed).is_file():
            raise BuildError(
                f"the release holds no releases/{release.version}/{needed}",
                hint="mix release and rebar3 release make it: take theirs",
            )
    if "RUNTIME_CONFIG=true" in (folder / "sys.config").read_text("utf-8", "replace"):
        raise BuildError(
            "reboot_system_after_config writes sys.config at boot, and a tree is read-only",
            hint="remove it from the release in mix.exs; runtime.exs works without",
        )


def wanted(path: str) -> bool:
    """Whether a running node needs the file at this path in a release.

    From lib/ that is ebin and priv without what only compilers read, from ERTS the programs it starts, and
    everything that the project's own overlays put beside them; never the cookie that mix makes.
    """
    match path.split("/"):
        case ("bin" | "COOKIE", *_) | ("releases", "COOKIE" | "RELEASES"):
            return False
        case (erts, "bin", program) if erts.startswith("erts-"):
            return program in PROGRAMS
        case (erts, *_) if erts.startswith("erts-"):
            return False
        case ("lib", _, "ebin", name):
            return name.endswith((".beam", ".app", ".appup"))
        case ("lib", _, "priv", *below):
            return not path.endswith(NOT_RUN) and below[-1:] not in (["Makefile"], ["otp_test_engine.so"])
        case ("lib", *_):
            return False
        case ("releases", _, name):
            return name not in NOT_STARTED_WITH
    return True


def own_applications(project: Project) -> frozenset[str]:
    """The names of the applications that the project itself is made of, umbrellas included."""
    source = project.source
    if project.tool == "prebuilt":
        return frozenset({project.release})
    if project.tool == "mix":
        files = (source / "mix.exs", *source.glob("apps/*/mix.exs"))
        texts = (path.read_text("utf-8", "replace") for path in files)
        return frozenset(match for text in texts for match in re.findall(r"\bapp: :(\w+)", text))
    patterns = ("src/*.app.src", "apps/*/src/*.app.src", "lib/*/src/*.app.src")
    return frozenset(path.name.removesuffix(".app.src") for each in patterns for path in source.glob(each))
