"""Unpacks archives that the tests have made, on every Python that Beamwright runs on, and asks them."""

from __future__ import annotations

import tarfile
from pathlib import Path

from beamwright.toolchain import Engine


def unpack(archive: Path, folder: Path) -> None:
    """Everything in the archive as it is.

    Python 3.11.2, Debian bookworm's, knows no `filter` of extractall; newer ones demand one or warn.
    """
    with tarfile.open(archive) as opened:
        opened.extraction_filter = lambda member, path: member
        opened.extractall(folder)


def evaluate(engine: Engine, tree: Path, expression: str) -> str:
    """The last line that an Erlang expression prints in an unpacked tree, with nothing else around it."""
    lines = (tree / "app/release.env").read_text("utf-8").splitlines()
    environment = dict(line.split("=", 1) for line in lines)
    folder = f"/app/releases/{environment['RELEASE_VSN']}"
    argv = (
        *("/app/bin/erlexec", "-boot", f"{folder}/start_clean", "-boot_var", "RELEASE_LIB", "/app/lib"),
        *("-noinput", "-pa", *(f"/{path.relative_to(tree)}" for path in tree.glob("app/lib/*/ebin"))),
        *("-eval", f"{expression}, halt()."),
    )
    mounts = tuple((path, f"/{path.name}", False) for path in tree.iterdir() if any(path.iterdir()))
    own = tuple(mount for mount in mounts if mount[1] not in ("/etc", "/tmp"))
    with engine.in_tree(own, argv, environment | {"HOME": "/tmp"}) as ended:
        code, printed = ended(300)
    assert code == 0, printed
    return printed.splitlines()[-1]
