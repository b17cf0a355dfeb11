"""release → tree: one root file system that needs nothing else.

bin/<name>                    by hand: images/tree/bin/release; bin/loaded/ holds its wrappers of ERTS
app/                          RELEASE_ROOT
  bin/erlexec                 link: the path that units and images start
  erts-<v>/bin/…              the programs that a running node uses
  lib/<app>-<vsn>/{ebin,priv} stripped
  releases/<vsn>/…            boot scripts, configuration, node.args
  releases/{RELEASES,start_erl.data}
  release.env                 environment, KEY=value lines
lib64/, usr/lib/<triplet>/    loader, shared libraries (closure.py)
usr/share/terminfo/           a few terminals, for the remote shell
etc/                          passwd, group, hosts, nsswitch.conf, resolv.conf; CA certificates with ssl
dev/ proc/ run/ sys/ tmp/ var/   empty
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from beamwright import resources
from beamwright.command import command
from beamwright.errors import BuildError
from beamwright.release import elf, start
from beamwright.release.release import PROGRAMS, Release, wanted
from beamwright.release.workshop import Box, Log

EMPTY = ("dev", "proc", "run", "sys", "tmp", "var")
CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
TERMINALS = ("linux", "screen", "screen-256color", "tmux-256color", "vt100", "xterm", "xterm-256color")


@dataclass(frozen=True)
class Otp:
    """The OTP of the toolchain: its release (`27`) and the folders of its applications (`stdlib-6.2`)."""

    release: str
    libraries: frozenset[str]


def assemble(release: Release, node_ebin: Path, tree: Path, log: Log) -> None:
    """Puts everything but the shared libraries into the empty folder `tree`."""
    _copy_release(release, tree / "app")
    _add_node(node_ebin, tree / "app")
    _write_start(release, tree / "app", log)
    _copy_skeleton(release.name, tree)


def finish(box: Box, release: Release, tree: Path) -> Otp:
    """Strips beams and ELF files, adds beamwright_node to the boot script; the tree is /tree in the box."""
    escript = command("escript", "/compile/finish.escript", "/tree/app", release.name, release.version)
    finished = box.run(escript, root=True)
    if not finished.ok:
        raise BuildError("the release could not be finished", detail=finished.stdout)
    files = [f"/tree/{each.path.relative_to(tree)}" for each in elf.find(tree / "app")]
    stripped = box.run(command("strip", "--strip-unneeded", *files), root=True)
    if not stripped.ok:
        raise BuildError("an ELF file could not be stripped", detail=stripped.stdout)
    otp, *libraries = finished.stdout.splitlines()
    return Otp(otp, frozenset(libraries))


def add_system_files(box: Box, release: Release, tree: Path) -> None:
    """Copies out of the toolchain what libc, TLS and terminals read: /tree in the box."""
    if {"public_key", "ssl"} & {name for name, _ in release.applications}:
        (tree / CERTIFICATES).parent.mkdir(parents=True)
        if not box.run(command("cp", "-L", f"/{CERTIFICATES}", f"/tree/{CERTIFICATES}"), root=True).ok:
            raise BuildError(
                "the toolchain has no CA certificates", hint="install ca-certificates in its image"
            )
    for terminal in TERMINALS:
        entry = f"{terminal[0]}/{terminal}"
        (tree / "usr/share/terminfo" / entry).parent.mkdir(parents=True, exist_ok=True)
        box.run(
            command(
                *("sh", "-c", 'cp -L "/usr/share/terminfo/$1" "$2" || cp -L "/lib/terminfo/$1" "$2"'),
                *("sh", entry, f"/tree/usr/share/terminfo/{entry}"),
            ),
            root=True,
        )


def normalise(tree: Path) -> None:
    """Modes by what a file is, whatever the umask was here: 0755 for folders and programs, else 0644."""
    for path in tree.rglob("*"):
        if path.is_symlink():
            continue
        executable = path.is_dir() or path.stat().st_mode & 0o111
        path.chmod(0o755 if executable else 0o644)
    (tree / "tmp").chmod(0o1777)


def _copy_release(release: Release, app: Path) -> None:
    """The wanted files; what a link points to is copied in its place."""
    for source in sorted(release.folder.rglob("*")):
        path = source.relative_to(release.folder)
        if source.is_file() and wanted(PurePosixPath(path)):
            (app / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, app / path)
            shutil.copymode(source, app / path)
    for library in (f"{name}-{version}" for name, version in release.applications):
        (app / "lib" / library / "ebin").mkdir(parents=True, exist_ok=True)


def _add_node(ebin: Path, app: Path) -> None:
    """beamwright_node as one more library of the release."""
    text = (ebin / "beamwright_node.app").read_text("utf-8")
    version = text.partition("{vsn,")[2].split('"')[1]
    shutil.copytree(ebin, app / f"lib/beamwright_node-{version}/ebin")


def _write_start(release: Release, app: Path, log: Log) -> None:
    """node.args and release.env, and the stable path of erlexec."""
    vm_args = release.version_folder / "vm.args"
    text = vm_args.read_text("utf-8") if vm_args.exists() else ""
    node_args, dropped = start.node_args(release.version, text, {name for name, _ in release.applications})
    for flag in dropped:
        log(f"vm.args: {flag} is not taken over, Beamwright sets it")
    if _has_commands(release.version_folder / "env.sh"):
        log("env.sh is not run, a tree has no shell: set node.env in fleet.toml")
    folder = app / "releases" / release.version
    (folder / "node.args").write_text(node_args, "utf-8")
    environment = start.release_env(release.name, release.version, release.erts)
    lines = "".join(f"{key}={value}\n" for key, value in environment)
    (app / "release.env").write_text(lines, "utf-8")
    (app / "bin").mkdir()
    (app / "bin/erlexec").symlink_to(f"../erts-{release.erts}/bin/erlexec")


def _has_commands(script: Path) -> bool:
    """Whether a shell script is there and holds more than comments."""
    lines = script.read_text("utf-8").splitlines() if script.exists() else []
    return any(line.strip() and not line.lstrip().startswith("#") for line in lines)


def _copy_skeleton(name: str, tree: Path) -> None:
    """etc/, the script for running by hand, and the empty folders that others mount on."""
    skeleton = resources.find("images/tree")
    shutil.copytree(skeleton / "etc", tree / "etc")
    (tree / "bin/loaded").mkdir(parents=True)
    shutil.copy(skeleton / "bin/release", tree / "bin" / name)
    for program in PROGRAMS:
        shutil.copy(skeleton / "bin/loaded", tree / "bin/loaded" / program)
    for folder in EMPTY:
        (tree / folder).mkdir()
