"""The import rules of the house, read from the syntax tree of every module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

MAY_IMPORT = {
    "fleet": set(),
    "release": {"fleet"},
    "artifact": {"release", "fleet"},
    "units": {"release", "fleet"},
    "transport": set(),
    "toolchain": set(),
    "local": {"fleet", "toolchain", "transport"},
    "rollout": {"fleet", "artifact", "units", "transport"},
    "verify": {"fleet", "artifact", "units", "transport"},
    "console": {"artifact", "rollout"},
    "cli": {"fleet", "artifact", "rollout", "verify", "toolchain", "console"},
    "playbooks": {"rollout"},
}
"""Folder → the folders that it may import, besides itself and what everybody may."""

EVERYBODY = {"errors", "command", "mount", "resources"}

MAY_TOUCH_THE_WORLD = {"transport", "toolchain", "local"}
WORLD = {"paramiko", "docker", "subprocess", "socket", "socketserver", "asyncio", "requests"}


def _modules() -> Iterator[tuple[str, Path]]:
    """Every module of the program with the folder of the house that it is in."""
    for path in sorted((ROOT / "beamwright").rglob("*.py")):
        relative = path.relative_to(ROOT / "beamwright")
        yield (relative.parts[0] if len(relative.parts) > 1 else relative.stem), path
    for path in sorted((ROOT / "playbooks").glob("*.py")):
        yield "playbooks", path


MODULES = list(_modules())
IDS = [str(path.relative_to(ROOT)) for _, path in MODULES]


def imported(path: Path) -> set[str]:
    """The dotted names that a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize(("folder", "path"), MODULES, ids=IDS)
def test_a_folder_imports_only_what_the_picture_allows(folder: str, path: Path) -> None:
    used = {
        parts[1]
        for name in imported(path)
        if (parts := name.split("."))[0] == "beamwright" and len(parts) > 1
    }
    used |= {"playbooks" for name in imported(path) if name.split(".")[0] == "playbooks"}
    used |= {"tasks" for name in imported(path) if name.split(".")[0] == "tasks"}
    assert used <= MAY_IMPORT.get(folder, set()) | EVERYBODY | {folder}


@pytest.mark.parametrize(("folder", "path"), MODULES, ids=IDS)
def test_only_the_edges_touch_ssh_docker_processes_and_sockets(folder: str, path: Path) -> None:
    used = {name.split(".")[0] for name in imported(path)}
    assert folder in MAY_TOUCH_THE_WORLD or not used & WORLD


@pytest.mark.parametrize(("folder", "path"), MODULES, ids=IDS)
def test_only_the_command_line_reads_the_environment_prints_and_exits(folder: str, path: Path) -> None:
    text = path.read_text("utf-8")
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found += [f"{node.value.id}.{node.attr}"]
        elif isinstance(node, ast.Name):
            found += [node.id]
    assert not {"os.environ", "os.getenv", "sys.exit", "print", "exit"} & set(found)


def test_the_systemd_folder_does_not_shadow_the_systemd_binding() -> None:
    assert not (ROOT / "systemd" / "__init__.py").exists()
