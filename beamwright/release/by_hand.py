"""What a tree holds for running by hand, unpacked in any folder of a host that has nothing but a shell.

bin/<name>             images/tree/bin/release
bin/loaded/…           the programs of ERTS, started by the tree's own loader: images/tree/bin/loaded
bin/…                  the project's own overlays, such as `migrate`
app/programs           the applications' own programs that need the loader too, a path a line
app/releases/<vsn>/env.sh   the project's, where it has commands: there is a shell by hand
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from beamwright import resources
from beamwright.release.engine import Log
from beamwright.release.files import Folder
from beamwright.release.release import PROGRAMS, Release

_OF_THE_TOOLS = {"install_upgrade.escript", "nodetool", "no_dot_erlang.boot", "start_clean.boot"}
"""Files that relx puts beside its start script."""


def add(release: Release, tree: Folder, log: Log) -> None:
    """Everything of the above but app/programs."""
    skeleton = resources.find("images/tree/bin")
    for program in PROGRAMS:
        tree.copy(f"bin/loaded/{program}", skeleton / "loaded")
    for overlay in _overlays(release):
        tree.copy(f"bin/{overlay.name}", overlay)
    tree.copy(f"bin/{release.name}", skeleton / "release")
    script = release.version_folder / "env.sh"
    if _has_commands(script):
        log("env.sh is run by hand only, units and images have no shell: set node.env in fleet.toml as well")
        tree.copy(f"app/releases/{release.version}/env.sh", script)


def list_programs(programs: Iterable[str], tree: Folder) -> None:
    """Writes app/programs, where applications have any; `programs` are paths in the tree."""
    found = [path.removeprefix("app/") for path in sorted(programs) if path.startswith("app/lib/")]
    if found:
        tree.write("app/programs", "".join(f"{path}\n" for path in found).encode())


def _overlays(release: Release) -> list[Path]:
    """The files of bin/ that are the project's own, not those of mix or relx."""
    ours = {release.name, f"{release.name}.bat", f"{release.name}-{release.version}", *_OF_THE_TOOLS}
    folder = release.folder / "bin"
    return sorted(path for path in folder.glob("*") if path.is_file() and path.name not in ours)


def _has_commands(script: Path) -> bool:
    """Whether a shell script is there and holds more than comments."""
    lines = script.read_text("utf-8").splitlines() if script.exists() else []
    return any(line.strip() and not line.lstrip().startswith("#") for line in lines)
