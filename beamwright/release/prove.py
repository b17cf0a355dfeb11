"""Boots a tree with nothing else around it, and has it find every library that it will ever want.

DT_NEEDED shows what the loader loads, not what a program opens by name: crypto.so opens crypto_callback.so.
So all modules are loaded, which starts their NIFs, by the tree's own VM in an empty container.
"""

from __future__ import annotations

from pathlib import Path

from beamwright import resources
from beamwright.errors import BuildError
from beamwright.release import elf
from beamwright.release.closure import HINT
from beamwright.release.release import Release
from beamwright.release.start import release_env
from beamwright.release.workshop import Engine, Mount

SCRIPT = "/prove.script"


def prove(engine: Engine, release: Release, tree: Path) -> None:
    """BuildError that shows which file misses which library."""
    files = elf.find(tree)
    loader = next(each.loader for each in files if each.path.name == "beam.smp")
    assert loader is not None
    paths = [
        f"/{each.path.relative_to(tree)}" for each in files if f"/{each.path.relative_to(tree)}" != loader
    ]
    argv = (
        *("/app/bin/erlexec", "-boot", f"/app/releases/{release.version}/start_clean"),
        *("-boot_var", "RELEASE_LIB", "/app/lib", "-mode", "interactive", "-noinput"),
        *("-eval", f'file:script("{SCRIPT}")', "-extra", loader, *paths),
    )
    environment = dict(release_env(release.name, release.version, release.erts))
    environment |= {"HOME": "/tmp", "ERL_CRASH_DUMP_SECONDS": "0"}
    code, output = engine.run_tree(_mounts(tree), argv, environment)
    if code != 0:
        raise BuildError("the tree does not hold all that it needs to run", hint=HINT, detail=output)


def _mounts(tree: Path) -> tuple[Mount, ...]:
    """What the tree holds, read-only; the container engine brings /dev, /proc and three files of /etc."""
    engines_own = {"hosts", "resolv.conf"}
    parts = [path for path in tree.iterdir() if path.name != "etc" and any(path.iterdir())]
    parts += [path for path in (tree / "etc").iterdir() if path.name not in engines_own]
    script = (resources.find("images/compile/prove.script"), SCRIPT, False)
    return (*((path, f"/{path.relative_to(tree)}", False) for path in sorted(parts)), script)
