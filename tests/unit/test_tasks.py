"""The command line: what its tasks refuse, and what they are said to do."""

from __future__ import annotations

import inspect
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from invoke.context import Context
from invoke.exceptions import Exit

import tasks
from beamwright import errors
from beamwright.cli.task import INTERRUPTED

ROOT = Path(__file__).resolve().parents[2]
EVERY: list[type[errors.BeamwrightError]] = [errors.BeamwrightError, *errors.BeamwrightError.__subclasses__()]


def test_the_exit_codes_are_those_of_the_design_and_the_documents() -> None:
    codes = sorted(kind.exit_code for kind in EVERY)
    assert codes == [1, 2, 3, 4, 5, 6, 7, 8]
    every = {0, *codes, tasks.CHANGES, INTERRUPTED + signal.SIGINT}
    guide = (ROOT / "docs/guide.md").read_text("utf-8").partition("## Exit codes")[2].partition("## ")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", guide, re.MULTILINE)} == every
    readme = (ROOT / "README.md").read_text("utf-8").partition("[Exit codes]")[2].partition("\n")[0]
    assert {int(code) for code in re.findall(r"[:·] (\d+) ", readme)} == every


def fleet_in(folder: Path) -> Path:
    """A fleet file whose host answers nobody."""
    path = folder / "fleet.toml"
    path.write_text(
        '[project]\nname = "courier"\ntool = "mix"\n[clusters.ams.hosts.ams1]\naddress = "192.0.2.1"\n'
    )
    return path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("status", {"fleet": "/nowhere/fleet.toml"}),
        ("init", {"fleet": "/nowhere/fleet.toml"}),
        ("logs", {"lines": "many"}),
        ("logs", {"lines": "0"}),
        ("logs", {"lines": "10000"}),
        ("logs", {"node": "nobody@ams1"}),
        ("status", {"hosts": "nowhere"}),
        ("status", {"hosts": ","}),
        ("deploy", {}),
        ("restart", {}),
        ("rollback", {"to": "9.9.9"}),
        ("restart", {"batch": "1,0"}),
        ("restart", {"max_fail": "many"}),
        ("restart", {"on_fail": "explode"}),
        ("restart", {"min_ready": "101%"}),
        ("deploy", {"plan": "/nowhere/plan.json"}),
        ("units", {"out": "/dev/null/units"}),
        ("push", {"to": "registry.example/courier"}),
        ("size", {}),
        ("size", {"against": "0.9.0"}),
    ],
)
def test_bad_input_is_told_before_anything_is_contacted(
    name: str, words: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Exit) as ended:
        tasks.namespace[name](Context(), **{"fleet": str(fleet_in(tmp_path)), **words})
    out, err = capsys.readouterr()
    assert (ended.value.code, out, err[:6]) == (2, "", "error ")


BAD_FLAGS = [
    ("batch", "0", '--batch: must be numbers or percentages above 0, such as "1,25%,100%", is "0"'),
    ("batch", "x%", "--batch: "),
    ("batch", "101%", "--batch: "),
    ("batch", "-1", "--batch: "),
    ("batch", "1,,2", "--batch: "),
    ("max_fail", "-1", "--max-fail: "),
    ("max_fail", "some", "--max-fail: "),
    ("min_ready", "half", "--min-ready: "),
    ("on_fail", "explode", '--on-fail: must be "revert" or "stop", is "explode"\n'),
    ("on_fail", "stpo", 'hint  did you mean "stop"?'),
    ("wait", "-1", "--wait: '-1' is no number"),
    ("wait", "soon", "--wait: 'soon' is no number"),
    ("wait", "1e9", "--wait: '1e9' is no number"),
    ("wait", "99999999999", "--wait: '99999999999' is no number"),
    ("fleet", "/nowhere/fleet.toml", "/nowhere/fleet.toml"),
    ("plan", "/nowhere/plan.json", "/nowhere/plan.json: No such file"),
]


@pytest.mark.parametrize(
    ("name", "flag", "value", "said"),
    [
        (name, *bad)
        for name in ("plan", "deploy", "restart", "rollback")
        for bad in BAD_FLAGS
        if bad[0] in inspect.signature(tasks.namespace[name].body).parameters
    ],
)
def test_a_bad_flag_of_a_roll_out_is_named(
    name: str, flag: str, value: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Exit) as ended:
        tasks.namespace[name](Context(), **{"fleet": str(fleet_in(tmp_path)), flag: value})
    out, err = capsys.readouterr()
    assert (ended.value.code, out, err.count("error ")) == (2, "", 1)
    assert said in err


@pytest.mark.parametrize(
    ("name", "words", "shown"),
    [
        ("status", {}, "ams1  unreachable"),
        ("status", {"json": True}, '"reachable": false'),
        ("lock.status", {}, "ams1: unreachable"),
        ("history", {}, ""),
        ("history", {"json": True}, '"exit_code": 4'),
    ],
)
def test_a_host_that_is_down_is_shown_and_ends_a_look_with_4(
    name: str, words: dict[str, bool], shown: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet = fleet_in(tmp_path)
    # Nothing listens there.
    fleet.write_text(fleet.read_text("utf-8").replace("192.0.2.1", "127.0.0.1") + "port = 1\n", "utf-8")
    with pytest.raises(Exit) as ended:
        tasks.namespace[name](Context(), fleet=str(fleet), **words)
    out, err = capsys.readouterr()
    assert (ended.value.code, shown in re.sub("  +", "  ", out), err.count("error ")) == (4, True, 1), out
    assert "ams1: no connection to root@127.0.0.1 port 1" in err
    if "json" in words:
        json.loads(out)


@pytest.mark.parametrize("name", ["plan", "restart", "rollback"])
def test_hosts_that_nobody_has(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = fleet_in(tmp_path)
    for hosts, hint in (
        ("nosuch", "a name, a glob"),
        ("ams", "@ams"),
        ("ams1,amss1", "ams1"),
        (",", "a name"),
    ):
        with pytest.raises(Exit) as ended:
            tasks.namespace[name](Context(), fleet=str(fleet), hosts=hosts)
        err = capsys.readouterr().err
        assert (ended.value.code, "no host is meant by" in err, hint in err) == (2, True, True), err


@pytest.mark.parametrize(
    "words", [{"name": "nothing"}, {"name": "../tasks"}, {"name": "size", "runs": "many"}]
)
def test_a_benchmark_that_can_not_be_run(words: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exit) as ended:
        tasks.namespace["bench"](Context(), **words)
    assert (ended.value.code, capsys.readouterr().err[:6]) == (2, "error ")


@pytest.mark.parametrize(
    ("wanted", "spared"),
    [
        ("rollout.deploy", {"docker", "requests", "testinfra"}),
        ("toolchain.Engine", {"jinja2", "paramiko", "testinfra"}),
    ],
)
def test_a_task_loads_what_it_needs_and_no_more(wanted: str, spared: set[str]) -> None:
    """Else every command waits for the slowest libraries of all: half a second, on a slow machine two."""
    asked = f"import sys, tasks; tasks.{wanted}; print(*sys.modules)"
    done = subprocess.run((sys.executable, "-c", asked), cwd=ROOT, capture_output=True, text=True, check=True)
    assert not spared & set(done.stdout.split())


@pytest.mark.parametrize(("program", "told"), [("invoke", ""), ("beamwright", ""), ("invoke", "1")])
def test_python_keeps_what_it_compiles_unless_it_was_told_not_to(
    program: str, told: str, tmp_path: Path
) -> None:
    """Else every command compiles all of its own source anew, a tenth of a second for a build."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": told, "PYTHONPYCACHEPREFIX": str(tmp_path)}
    argv = (sys.executable, "-m", program, "plan", "--fleet", str(fleet_in(tmp_path)))
    subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, check=False)
    kept = {path.name.partition(".")[0] for path in tmp_path.rglob("*.pyc")}
    # One is loaded as the command line is, the other when a task first needs it.
    assert {"given", "rollouts"} & kept == (set() if told else {"given", "rollouts"})


def test_every_flag_is_explained() -> None:
    for name in tasks.namespace.task_names:
        for argument in tasks.namespace[name].get_arguments():
            assert argument.help, f"{name} --{argument.name}"


def test_a_task_begins_without_what_only_others_need_and_with_nothing_to_look_through_for_garbage() -> None:
    told = "import gc, sys, tasks; print(gc.isenabled(), gc.get_count()[2], gc.get_freeze_count() > 10_000)"
    told += "; print(*({'rich', 'jinja2', 'cyclonedx', 'elftools', 'testinfra'} & {*sys.modules}))"
    argv = (sys.executable, "-c", told)
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "True 0 True\n\n"
