"""The closure of a real program, out of a toolchain that is this machine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from beamwright.command import Command, Result
from beamwright.errors import BuildError
from beamwright.release import closure, elf
from beamwright.release.engine import Log

PROGRAM = Path("/bin/ls")


class ThisMachine:
    """A box that runs commands here, with the tree where it really is, and knows no library `hidden`."""

    image = "sha256:this-machine"

    def __init__(self, tree: Path, hidden: str = "") -> None:
        self._tree = tree
        self._hidden = hidden

    def ready(self) -> None:
        pass

    def run(
        self, command: Command, *, folder: str = "/", root: bool = False, log: Log | None = None
    ) -> Result:
        argv = [word.replace("/tree", str(self._tree), 1) for word in command.argv_clear()]
        done = subprocess.run(
            argv, capture_output=True, text=True, env=dict(command.env) or None, check=False
        )
        lines = [line for line in done.stdout.splitlines() if not self._hidden or self._hidden not in line]
        return Result(command, done.returncode, "\n".join(lines))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "app/bin").mkdir(parents=True)
    shutil.copy(PROGRAM, tmp_path / "app/bin/beam.smp")
    return tmp_path


def test_a_closed_tree_runs_by_its_own_loader_and_libraries_alone(tree: Path) -> None:
    libraries = tree / closure.close(ThisMachine(tree), tree).relative_to("/")
    assert closure.missing(tree, libraries) == ()
    loader = elf.read(tree / "app/bin/beam.smp")
    assert loader is not None and loader.loader is not None
    listed = subprocess.run(
        [tree / loader.loader[1:], "--library-path", libraries, "--list", tree / "app/bin/beam.smp"],
        capture_output=True,
        text=True,
        check=True,
    )
    used = [line.split("=>")[1].split()[0] for line in listed.stdout.splitlines() if "=>" in line]
    assert used and all(Path(path).is_relative_to(tree) for path in used)


def test_a_library_that_the_toolchain_lacks_is_named_with_the_file_that_needs_it(tree: Path) -> None:
    soname = next(name for name in _needed(PROGRAM) if not name.startswith("libc."))
    with pytest.raises(BuildError) as caught:
        closure.close(ThisMachine(tree, hidden=soname), tree)
    assert caught.value.message == f"app/bin/beam.smp needs {soname}, which the toolchain does not have"
    assert "toolchain.packages" in caught.value.hint


@pytest.mark.parametrize(
    ("other", "says"),
    [("/lib/ld-musl-x86_64.so.1", "built on musl"), ("/lib64/ld-other-x86.so.2", "an image")],
)
def test_a_program_for_another_libc_is_named(tree: Path, other: str, says: str) -> None:
    program = tree / "app/bin/beam.smp"
    loader = b"/lib64/ld-linux-x86-64.so.2"
    program.write_bytes(program.read_bytes().replace(loader, other.encode().ljust(len(loader), b"\0"), 1))
    with pytest.raises(BuildError) as caught:
        closure.close(ThisMachine(tree), tree)
    assert (
        caught.value.message == f"app/bin/beam.smp is started by {other}, which the toolchain does not have"
    )
    assert says in caught.value.hint


def test_a_library_beside_its_user_is_found_through_its_runpath(tree: Path) -> None:
    user = elf.Elf(tree / "app/priv/nif.so", "amd64", None, ("libown.so",), ("$ORIGIN/lib",))
    assert not closure._held(tree, tree / "usr/lib", user, "libown.so")
    (tree / "app/priv/lib").mkdir(parents=True)
    (tree / "app/priv/lib/libown.so").write_text("")
    assert closure._held(tree, tree / "usr/lib", user, "libown.so")


def test_a_program_for_another_architecture_is_named(tree: Path) -> None:
    header = bytearray((tree / "app/bin/beam.smp").read_bytes())
    header[18:20] = (0xF3).to_bytes(2, "little")  # e_machine: RISC-V
    (tree / "app/priv").mkdir()
    (tree / "app/priv/weigh").write_bytes(header)
    with pytest.raises(BuildError, match="app/priv/weigh is for EM_RISCV"):
        closure.architecture(tree)


def test_what_is_no_program_or_library_is_none_of_the_closures_business(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("\x7fEL")
    (tmp_path / "broken").write_bytes(b"\x7fELF and no more")
    astray = bytearray(PROGRAM.read_bytes())
    astray[0x20:0x28] = b"\xff" * 8  # e_phoff
    (tmp_path / "astray").write_bytes(astray)
    (tmp_path / "link").symlink_to(PROGRAM)
    assert elf.find(tmp_path) == ()


def _needed(path: Path) -> tuple[str, ...]:
    found = elf.read(path)
    assert found is not None
    return found.needed
