"""The VM that proves a tree: it runs in it with nothing else around it, and waits to be told what to prove.

To boot it takes several times as long as to prove what a change of one module leaves to be proven. So it is
booted in the last build's tree while the compiler runs, and asked when that tree has become the new one. It
counts as booted in that one where nothing has changed that it has read; else another one is booted.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from beamwright import resources
from beamwright.mount import Mount
from beamwright.release.engine import Engine

SCRIPT, CLAIM = "/prove.script", "/claim"
SECONDS = 120
"""For what it is asked: to load a thousand modules takes a few, and a NIF that waits waits for ever."""

_NOT_READ = re.compile(r"app/lib/(?!kernel-|stdlib-)|app/releases/(?!.*/start_clean\.boot$)|bin/")
"""Where no file is that a VM reads to boot and to wait: prove.script needs no other applications."""


class Vm:
    """One that runs; `folder` is where it looks for what it is to prove."""

    def __init__(self, folder: Path, ended: Callable[[float], tuple[int, str]]) -> None:
        self._folder = folder
        self._ended = ended

    def ask(self, words: Iterable[str]) -> None:
        """Tells it what to prove: the arguments of prove.script."""
        new = self._folder / "new"
        new.write_text("\n".join(words), "utf-8")
        new.chmod(0o644)  # nobody reads it, whatever the umask here
        new.rename(self._folder / "words")

    def answer(self) -> tuple[int, str]:
        """Waits for its exit code, or TOO_LONG, and what it printed."""
        return self._ended(SECONDS)


@contextmanager
def boot(engine: Engine, tree: Path, folder: Path, after: Callable[[], object] = bool) -> Iterator[Vm]:
    """Boots the tree's VM beside the block, which is its end, once `after` has returned.

    `folder` is made anew.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    lines = (tree / "app/release.env").read_text("utf-8").splitlines()
    environment = {name: value for name, _, value in (line.partition("=") for line in lines)}
    argv = (
        *("/app/bin/erlexec", "-boot", f"/app/releases/{environment.get('RELEASE_VSN')}/start_clean"),
        *("-boot_var", "RELEASE_LIB", "/app/lib", "-mode", "interactive", "-noinput"),
        # The script ends the VM, unless it fails by itself.
        *("-eval", f'io:format("~tp~n", [file:script("{SCRIPT}")]), halt(1)'),
    )
    environment |= {"HOME": "/tmp", "ERL_CRASH_DUMP_SECONDS": "0"}
    script = (resources.find("images/compile/prove.script"), SCRIPT, False)
    # It reads there only; that it may write makes the folder its own.
    claim = (folder, CLAIM, True)
    with engine.in_tree((*mounts(tree), script, claim), argv, environment, after) as ended:
        yield Vm(folder, ended)


@contextmanager
def boot_ahead(engine: Engine, tree: Path, folder: Path, after: Callable[[], object]) -> Iterator[Vm | None]:
    """Boots the VM of the last build's tree; None where there is none, or one that was never finished."""
    if not ((tree / "app/release.env").is_file() and (tree / "etc").is_dir()):
        yield None
        return
    with boot(engine, tree, folder, after) as vm:
        yield vm


def counts(changed: Iterable[str]) -> bool:
    """Whether a VM that was booted before these paths of its tree changed has read none of them."""
    return all(_NOT_READ.match(path) for path in changed)


def mounts(tree: Path) -> tuple[Mount, ...]:
    """What the tree holds, read-only; the container engine brings /dev, /proc and three files of /etc."""
    engines_own = {"hosts", "resolv.conf"}
    parts = [path for path in tree.iterdir() if path.name != "etc" and any(path.iterdir())]
    parts += [path for path in (tree / "etc").iterdir() if path.name not in engines_own]
    return tuple((path, f"/{path.relative_to(tree)}", False) for path in sorted(parts))
