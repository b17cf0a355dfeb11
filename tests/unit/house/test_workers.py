"""What the workers of a test run get, and in which order."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

from tests.workers import E2E, TOGETHER, scope, turn

ROOT = Path(__file__).resolve().parents[3]
CHEAP = {"engine", "declare", "bare"}
"""Fixtures of a whole run that every worker may have of its own: they build nothing and boot no hosts."""

FILES = sorted({*ROOT.glob("tests/**/test_*.py")} - {*ROOT.glob("tests/unit/**/test_*.py")})
Asked = Mapping[str, frozenset[str]]


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def is_fixture(function: ast.FunctionDef) -> bool:
    return any("pytest.fixture" in ast.unparse(each) for each in function.decorator_list)


def functions(path: Path) -> list[ast.FunctionDef]:
    """The tests and fixtures of a file."""
    found = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef)]
    return [each for each in found if is_fixture(each) or each.name.startswith("test_")]


def named(tree: ast.AST) -> Iterator[str]:
    """The fixtures that usefixtures and getfixturevalue name, as patterns: f"built_{kind}" is built_*."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="usefixtures" | "getfixturevalue")):
                yield from map(pattern, node.args)


def pattern(argument: ast.expr) -> str:
    """Of what can't be read off the source, any name."""
    if isinstance(argument, ast.JoinedStr):
        return "".join(pattern(part) for part in argument.values)
    return str(argument.value) if isinstance(argument, ast.Constant) else "*"


def asked_by(function: ast.FunctionDef) -> frozenset[str]:
    """What a test or a fixture asks for itself."""
    arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return frozenset((*(argument.arg for argument in arguments), *named(function)))


@cache
def of_conftest(path: Path) -> tuple[Asked, frozenset[str]]:
    """Its fixtures with what they ask for, and which of them are made once a worker."""
    fixtures = [each for each in functions(path) if is_fixture(each)] if path.exists() else []
    once = (each.name for each in fixtures if any("session" in ast.unparse(d) for d in each.decorator_list))
    return {each.name: asked_by(each) for each in fixtures}, frozenset(once)


@cache
def shared(path: Path) -> frozenset[str]:
    """The dear fixtures made once a worker that the tests of a file rest on."""
    conftests = [of_conftest(folder / "conftest.py") for folder in reversed(path.parents)]
    own = functions(path)
    asked = {name: each for found, _ in conftests for name, each in found.items()}
    dear = frozenset[str]().union(*(once for _, once in conftests)) - CHEAP
    asked |= {each.name: asked_by(each) for each in own if is_fixture(each)}
    todo, seen = frozenset(named(parsed(path))).union(*map(asked_by, own)), set[str]()
    while names := {name for name in asked.keys() - seen for wanted in todo if fnmatch(name, wanted)}:
        seen |= names
        todo = frozenset().union(*(asked[name] for name in names))
    return dear & seen


DEAR = sorted({name for path in FILES for name in shared(path)})


@pytest.mark.parametrize("name", DEAR)
def test_who_shares_hosts_or_builds_shares_a_worker(name: str) -> None:
    who = [str(path.relative_to(ROOT)) for path in FILES if name in shared(path)]
    assert len({scope(f"{file}::test_it") for file in who}) == 1, who


@pytest.mark.parametrize(
    ("file", "rests_on"),
    [
        ("test_road.py", {"road"}),
        ("test_by_hand.py", {"built_courier", "built_depot"}),
        ("test_sbom.py", {"built_courier", "built_depot"}),
        ("faults/test_nodes.py", {"kept", "make_yard", "built_bolt"}),
        ("test_machine.py", set()),
    ],
)
def test_what_a_file_rests_on_is_seen_through_other_fixtures(file: str, rests_on: set[str]) -> None:
    assert shared(ROOT / E2E / file) == rests_on


def test_what_names_its_fixture_in_other_ways_is_seen_too(tmp_path: Path) -> None:
    folder = tmp_path / "deeper"
    folder.mkdir()
    (tmp_path / "conftest.py").write_text(
        "@pytest.fixture(scope='session')\ndef built_it(): ...\n"
        "@pytest.fixture(scope='session')\ndef hosts(): ...\n"
        "@pytest.fixture\ndef one(request):\n    return request.getfixturevalue(f'built_{request.param}')\n"
    )
    for number, text in enumerate(
        (
            "def test_it(one): ...",
            "class TestIt:\n    @pytest.mark.usefixtures('one')\n    def test_it(self): ...",
            "pytestmark = [pytest.mark.usefixtures('one')]\ndef test_it(): ...",
        )
    ):
        (path := folder / f"test_{number}.py").write_text(text)
        assert shared(path) == {"built_it"}, text


def test_who_starts_no_workers_needs_no_xdist() -> None:
    script = "import sys; sys.modules['xdist'] = None; import conftest"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


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
