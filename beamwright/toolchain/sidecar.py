"""RabbitMQ's root file system out of Debian packages, for RootDirectory=.

    images/rabbitmq/
    ├── packages.txt   Debian packages; apt adds what they depend on
    ├── contents.cfg   what is taken from all of these, as path filters of dpkg
    ├── packages.sh    says which package each file came from
    └── finish.sh      makes a file system of it, and proves that no library is missing

Nothing of a package is run to install it, so this needs mmdebstrap and no container. No mirror is named:
mmdebstrap takes that of the machine, or Debian's own.
"""

from __future__ import annotations

import shlex
import shutil
import tempfile
from pathlib import Path

from beamwright.errors import BuildError, ConfigError
from beamwright.toolchain.bootstrap import Recipe, running

SUITE = "trixie"


def make_root(recipe: Path, sources: Path, target: Path) -> str:
    """Fills the empty folder `target` by the recipe (images/rabbitmq): what packages.sh said of it.

    `sources` is node/src.

    ConfigError without mmdebstrap, BuildError with the last lines of what failed.
    """
    if shutil.which("mmdebstrap") is None:
        raise ConfigError("mmdebstrap is not installed", hint="run script/setup")
    archive, root = target.with_name("root.tar"), target.with_name("root")
    _run(mmdebstrap(recipe, sources, archive))
    root.mkdir()
    _run(("tar", "-xpf", str(archive), "-C", str(root), "--no-same-owner", "./tree", "./packages"))
    archive.unlink()
    (root / "tree").rename(target)
    return (root / "packages").read_text("utf-8")


def mmdebstrap(recipe: Path, sources: Path, archive: Path) -> tuple[str, ...]:
    """The command that writes the root file system into the tar archive, below `./tree`."""
    packages = Recipe("beamwright-rabbitmq", SUITE, recipe).all_packages
    return (
        *("mmdebstrap", "--quiet", "--variant=extract", "--format=tar"),
        f"--include={','.join(packages)}",
        f"--dpkgopt={recipe / 'contents.cfg'}",
        f'--extract-hook=sh {shlex.quote(str(recipe / "packages.sh"))} "$1" {SUITE}',
        f'--extract-hook=sh {shlex.quote(str(recipe / "finish.sh"))} "$1" {shlex.quote(str(sources))}',
        *(SUITE, str(archive)),
    )


def _run(argv: tuple[str, ...]) -> None:
    """Runs the command to its end; BuildError with the last lines of what it printed."""
    with tempfile.TemporaryFile() as output, running(argv, output, output) as process:
        if process.wait() != 0:
            output.seek(0)
            tail = output.read().decode(errors="replace").splitlines()[-20:]
            raise BuildError(f"{argv[0]} could not make RabbitMQ's root file system", detail="\n".join(tail))
