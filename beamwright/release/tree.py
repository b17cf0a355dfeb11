"""release → tree: one root file system that needs nothing else.

bin/                          by hand: by_hand.py; {busybox,sh} only if artifact.shell says so
app/                          RELEASE_ROOT
  bin/erlexec                 link: the path that units and images start
  erts-<v>/bin/…              the programs that a running node uses
  lib/<app>-<vsn>/{ebin,priv} stripped
  releases/<vsn>/…            boot scripts, configuration, node.args, vm.args
  releases/{RELEASES,start_erl.data}
  release.env                 environment, KEY=value lines
  <path>                      what artifact.include names
lib64/, usr/lib/<triplet>/    loader, shared libraries (closure.py)
usr/share/terminfo/           a few terminals, for the remote shell; zoneinfo/ beside it where asked
usr/lib/locale/C.utf8/        what LANG says
etc/                          passwd, group, hosts, nsswitch.conf, resolv.conf; CA certificates with ssl
dev/ proc/ run/ sys/ tmp/ var/   empty
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from beamwright import resources
from beamwright.errors import BuildError
from beamwright.release import by_hand, start
from beamwright.release.boot import Otp
from beamwright.release.engine import Log
from beamwright.release.files import Folder, is_native
from beamwright.release.release import Release, demand_own, leads, wanted
from beamwright.release.stripper import Stripped, Stripper

SHELL = "bin/busybox"
EMPTY = ("dev", "proc", "run", "sys", "tmp", "var")


@dataclass(frozen=True)
class Beams:
    """The tree's beam files, by path: `digests` of all, `nifs` those that may open a library."""

    digests: dict[str, str]
    nifs: frozenset[str]


@dataclass(frozen=True)
class Assembled:
    """A tree as it was put together: its beams, and the paths of what was not there before as it is now."""

    beams: Beams
    changed: frozenset[str]


def contents(release: Release, node_ebin: Path) -> dict[str, Path]:
    """What of the release goes into the tree, and beamwright_node as one more library: path → file.

    What a link points to goes in its place; BuildError when that is not in the same folder.
    """
    # Whoever compiles the project may write there too.
    demand_own(node_ebin.parent, node_ebin.iterdir())
    text = (node_ebin / "beamwright_node.app").read_text("utf-8")
    version = text.partition("{vsn,")[2].split('"')[1]
    files = {f"app/{path}": release.folder / path for path in _files(release.folder) if wanted(path)}
    demand_own(release.folder, (file for file in files.values() if file.is_symlink()))
    own = {f"app/lib/beamwright_node-{version}/ebin/{path.name}": path for path in node_ebin.iterdir()}
    return files | own


def natives(files: Mapping[str, Path]) -> dict[str, Path]:
    """Those of the files that are ELF programs and libraries."""
    return {path: file for path, file in files.items() if not _is_beam(path) and is_native(file)}


def assemble(
    release: Release, otp: Otp, files: Mapping[str, Path], stripper: Stripper, tree: Folder, log: Log
) -> Beams:
    """Puts the files into the tree, beams stripped, and what every tree has; no native part.

    OTP's own modules lose their attributes: a digest each, of code that is never upgraded hot.
    """
    digests: dict[str, str] = {}
    nifs = set()
    for path, file in files.items():
        if _is_beam(path):
            attributes = otp.libraries.isdisjoint(path.split("/"))
            stripped = _put(stripper, tree, path, file, attributes=attributes)
            digests[path] = stripped.digest
            if stripped.opens_nif:
                nifs.add(path)
        else:
            tree.copy(path, file)
    stripper.keep()
    for name, version in release.applications:
        tree.folder(f"app/lib/{name}-{version}/ebin")
    _add_start(release, tree, log)
    by_hand.add(release, tree, log)
    _add_skeleton(tree)
    return Beams(digests, frozenset(nifs))


def finish(tree: Folder, native: Path) -> None:
    """Adds the native part, and removes what earlier builds left."""
    for path in _files(native):
        tree.copy(path, native / path)
    if (native / SHELL).exists():
        tree.link("bin/sh", PurePosixPath(SHELL).name)
    tree.finish()


def _files(folder: Path) -> Iterator[str]:
    """The paths of all files below the folder, links to files included, in their order."""
    yield from _below(str(folder), "")


def _below(folder: str, inside: str) -> Iterator[str]:
    """The same, each path after `inside`."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    folders = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
    yield from (f"{inside}{entry.name}" for entry in entries if _is_file(entry))
    for entry in folders:
        yield from _below(entry.path, f"{inside}{entry.name}/")


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether it is a file, or a link to one: not one that leads nowhere, in whatever way."""
    return entry.is_file(follow_symlinks=False) or (
        entry.is_symlink() and leads(Path(entry.path), Path.is_file)
    )


def _is_beam(path: str) -> bool:
    """Whether a node loads the file at this path of the tree as a module."""
    return path.endswith(".beam") and path.split("/")[-2:-1] in (["ebin"], ["consolidated"])


def _put(stripper: Stripper, tree: Folder, path: str, file: Path, *, attributes: bool) -> Stripped:
    """Puts the stripped beam file there; BuildError when it is none."""
    try:
        return stripper.put(tree, path, file, attributes=attributes)
    except (ValueError, EOFError, zlib.error) as exc:
        raise BuildError(f"{path} is no beam file", hint="see whether the disk is full") from exc


def _add_start(release: Release, tree: Folder, log: Log) -> None:
    """node.args, vm.args and release.env, and the stable path of erlexec."""
    own = release.version_folder / "vm.args"
    text = own.read_text("utf-8") if own.exists() else ""
    vm_args, dropped = start.vm_args(text, {name for name, _ in release.applications})
    for flag in dropped:
        log(f"vm.args: {flag} is not taken over, Beamwright sets it")
    folder = f"app/releases/{release.version}"
    tree.write(f"{folder}/node.args", start.node_args(release.version).encode())
    tree.write(f"{folder}/vm.args", vm_args.encode())
    environment = start.release_env(release.name, release.version, release.erts)
    tree.write("app/release.env", "".join(f"{key}={value}\n" for key, value in environment).encode())
    tree.link("app/bin/erlexec", f"../erts-{release.erts}/bin/erlexec")


def _add_skeleton(tree: Folder) -> None:
    """etc/, and the empty folders that others mount on."""
    skeleton = resources.find("images/tree")
    for path in _files(skeleton / "etc"):
        tree.copy(f"etc/{path}", skeleton / "etc" / path)
    for folder in EMPTY:
        tree.folder(folder, 0o1777 if folder == "tmp" else 0o755)
