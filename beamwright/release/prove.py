"""Boots a tree with nothing else around it, and has it find every library that it will ever want.

DT_NEEDED shows what the loader loads, not what a program opens by name: crypto.so opens crypto_callback.so.
So modules are loaded, which starts their NIFs, by the tree's own VM in an empty container.

Every tree is booted (vm.py). What a tree with the same native part has proven is not asked again: that a
module with these bytes loads, and that the libraries of these programs are there. Modules that may open a
library are loaded each time: what they open, others may tell them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from beamwright.command import TOO_LONG
from beamwright.errors import BuildError
from beamwright.release.clock import Clock
from beamwright.release.closure import HINT
from beamwright.release.engine import Engine
from beamwright.release.native import Native
from beamwright.release.tree import Assembled, Beams
from beamwright.release.vm import SECONDS, Vm, boot, counts
from beamwright.release.workshop import Workshop

_AT = ("loading ", "resolving ", "looking up ")
"""How prove.script begins the lines that say what it does next."""


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
    engine: Engine, workshop: Workshop, assembled: Assembled, native: Native, ahead: Vm | None, clock: Clock
) -> Iterator[None]:
    """Proves the tree beside the block, which ends with BuildError when it is not proven.

    `ahead` is a VM that was booted in the tree before it was assembled.
    """
    proven = Proven(workshop.proven, native)
    words = _words(native.loader, proven.claim(assembled.beams))
    if ahead and counts(assembled.changed):
        ahead.ask(words)
        yield
        with clock.phase("prove"):
            if not _holds(ahead):
                prove(engine, workshop, words)
    else:
        with boot(engine, workshop.tree, workshop.claim) as vm:
            vm.ask(words)
            yield
            with clock.phase("prove"):
                _demand(vm)
    proven.keep(assembled.beams)


def prove(engine: Engine, workshop: Workshop, words: tuple[str, ...]) -> None:
    """BuildError that shows which file misses which library."""
    with boot(engine, workshop.tree, workshop.claim) as vm:
        vm.ask(words)
        _demand(vm)


def _words(loader: str, claim: Claim) -> tuple[str, ...]:
    """The arguments of prove.script."""
    return (loader, *claim.elfs, *claim.modules)


def _holds(ahead: Vm) -> bool:
    """Whether it has proven the claim; when not, it may be for the tree in which it was booted."""
    try:
        code, output = ahead.answer()
    except BuildError:
        return False
    if code == TOO_LONG:
        raise _hangs(output)
    return code == 0


def _demand(vm: Vm) -> None:
    code, output = vm.answer()
    if code == TOO_LONG:
        raise _hangs(output)
    if code != 0:
        failed = [line for line in output.splitlines() if not line.startswith(_AT)]
        raise BuildError(
            "the tree does not hold all that it needs to run", hint=HINT, detail="\n".join(failed)
        )


def _hangs(output: str) -> BuildError:
    """What the VM was at when it was waited for no longer."""
    *_, last = output.splitlines() or [""]
    return BuildError(
        f"the proof of the tree has not ended within {SECONDS} seconds",
        hint="a NIF, or a function that a module names with -on_load, may wait for what is not there",
        detail=last,
    )
