"""Boots a tree with nothing else around it, and has it find every library that it will ever want.

DT_NEEDED shows what the loader loads, not what a program opens by name: crypto.so opens crypto_callback.so.
So modules are loaded, which starts their NIFs, by the tree's own VM in an empty container.

Every tree is booted. What a tree with the same native part has proven is not asked again: that a module with
these bytes loads, and that the libraries of these programs are there. Modules that may open a library are
loaded each time: what they open, others may tell them.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from beamwright import resources
from beamwright.errors import BuildError
from beamwright.release.clock import Clock
from beamwright.release.closure import HINT
from beamwright.release.native import Native
from beamwright.release.release import Release
from beamwright.release.start import release_env
from beamwright.release.tree import Beams
from beamwright.release.workshop import Engine, Mount

SCRIPT = "/prove.script"


@dataclass(frozen=True)
class Claim:
    """What is to be proven: that `modules` load, and that the loader resolves `elfs`."""

    modules: tuple[str, ...]
    elfs: tuple[str, ...]


class Proven:
    """What trees with one native part have proven: a file of lines, each written when it is true."""

    def __init__(self, folder: Path, native: Native) -> None:
        self._path = folder / native.key
        self._native = native
        lines = self._path.read_text("utf-8", "replace").splitlines() if self._path.exists() else []
        self._lines = frozenset(lines)

    def claim(self, beams: Beams) -> Claim:
        """What has not been proven of a tree with these beams."""
        new = {path for path, digest in beams.digests.items() if f"{digest} {path}" not in self._lines}
        modules = {PurePosixPath(path).stem for path in new | beams.nifs}
        return Claim(tuple(sorted(modules)), () if self._native.key in self._lines else self._native.elfs)

    def keep(self, beams: Beams) -> None:
        """Notes that the tree with these beams is proven; older trees' beams are forgotten."""
        lines = (self._native.key, *(f"{digest} {path}" for path, digest in beams.digests.items()))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_name("new")
        new.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        new.rename(self._path)


@contextmanager
def proving(
    engine: Engine, release: Release, tree: Path, native: Native, beams: Beams, folder: Path, clock: Clock
) -> Iterator[None]:
    """Proves the tree beside the block, which ends with BuildError when it is not proven."""
    proven = Proven(folder, native)

    def run() -> None:
        with clock.phase("prove"):
            prove(engine, release, tree, native.loader, proven.claim(beams))
        proven.keep(beams)

    with ThreadPoolExecutor(1) as pool:
        proof = pool.submit(run)
        yield
        proof.result()


def prove(engine: Engine, release: Release, tree: Path, loader: str, claim: Claim) -> None:
    """BuildError that shows which file misses which library."""
    argv = (
        *("/app/bin/erlexec", "-boot", f"/app/releases/{release.version}/start_clean"),
        *("-boot_var", "RELEASE_LIB", "/app/lib", "-mode", "interactive", "-noinput"),
        *("-eval", f'file:script("{SCRIPT}")', "-extra", loader, *claim.elfs, *claim.modules),
    )
    environment = dict(release_env(release.name, release.version, release.erts))
    environment |= {"HOME": "/tmp", "ERL_CRASH_DUMP_SECONDS": "0"}
    code, output = engine.run_tree(mounts(tree), argv, environment)
    if code != 0:
        raise BuildError("the tree does not hold all that it needs to run", hint=HINT, detail=output)


def mounts(tree: Path) -> tuple[Mount, ...]:
    """What the tree holds, read-only; the container engine brings /dev, /proc and three files of /etc."""
    engines_own = {"hosts", "resolv.conf"}
    parts = [path for path in tree.iterdir() if path.name != "etc" and any(path.iterdir())]
    parts += [path for path in (tree / "etc").iterdir() if path.name not in engines_own]
    script = (resources.find("images/compile/prove.script"), SCRIPT, False)
    return (*((path, f"/{path.relative_to(tree)}", False) for path in sorted(parts)), script)
