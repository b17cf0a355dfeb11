"""What the workers of a test run get, and in which order."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workers import E2E, TOGETHER, scope, turn

ROOT = Path(__file__).resolve().parents[3]
DEAR = {
    "yard": "faults",
    "make_yard": "faults",
    "road": "road",
    **dict.fromkeys(("built", "built_courier", "built_depot", "hand", "daemon"), "examples"),
}
"""Fixture that is made once a worker, or rests on one → the scope of those who share it."""

FILES = sorted((ROOT / E2E).rglob("test_*.py"))


def fixtures(path: Path) -> Iterator[str]:
    """The fixtures that the tests and fixtures of a file ask for."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            marked = any("pytest.fixture" in ast.unparse(each) for each in node.decorator_list)
            if marked or node.name.startswith("test_"):
                yield from (argument.arg for argument in node.args.args)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_who_shares_hosts_or_builds_shares_a_worker(path: Path) -> None:
    nodeid = f"{path.relative_to(ROOT)}::test_it"
    for shared in DEAR.keys() & set(fixtures(path)):
        assert scope(nodeid) == DEAR[shared], shared


def test_the_files_that_are_named_are_there() -> None:
    assert all((ROOT / E2E / part).exists() for parts in TOGETHER.values() for part in parts)


def test_the_longest_come_first_and_the_many_short_ones_last() -> None:
    files = (
        "tests/unit/test_tasks.py",
        f"{E2E}test_oci.py",
        f"{E2E}test_host.py",
        f"{E2E}faults/test_disk.py",
    )
    found = [scope(f"{file}::test_it[a::b]") for file in files]
    assert sorted(found, key=turn) == ["faults", "road", f"{E2E}test_oci.py", "tests/unit/test_tasks.py"]
