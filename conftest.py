"""What holds for every test run: Ctrl-C can be tested, and the end says which part took how long."""

from __future__ import annotations

import random
import signal
from collections import defaultdict
from pathlib import PurePosixPath
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """How the fault suite is run (tests/e2e/faults)."""
    once = "every kind of fault at one step that the seed draws, or every one at every step"
    parser.addoption("--faults", choices=("once", "every"), default="once", help=once)
    seed = random.SystemRandom().randrange(10**6)
    parser.addoption("--seed", type=int, default=seed, help="draws the steps of the fault suite")


def pytest_configure(config: pytest.Config) -> None:
    """Lets SIGINT through: whoever starts the tests in the background of a script starts them deaf to it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.option.seed = getattr(config, "workerinput", {}).get("seed", config.option.seed)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells a worker of pytest-xdist the seed: all have to draw the same tests."""
    node.workerinput["seed"] = node.config.option.seed


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `--dist loadscope` the workers share the tests as tests/workers.py says."""
    from tests.workers import Scopes  # here: tests in one process go without pytest-xdist

    return Scopes(config, log) if config.getoption("dist") == "loadscope" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line per test file or, for the many small ones, per folder: seconds with set-up and tear-down."""
    seconds: dict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[part(report.nodeid)] += report.duration
    _tell_faults(terminalreporter)
    terminalreporter.section("seconds per part")
    for name, spent in sorted(seconds.items(), key=lambda item: -item[1]):
        terminalreporter.write_line(f"{spent:8.1f}  {name}")


def _tell_faults(reporter: pytest.TerminalReporter) -> None:
    """How many faults were tried and survived, and how to try the same ones again."""
    passed, failed = (
        {report.nodeid for kind in kinds for report in reporter.stats.get(kind, ()) if _is_fault(report)}
        for kinds in (("passed",), ("failed", "error"))
    )
    if passed or failed:
        seed = reporter.config.getoption("--seed")
        reporter.section("faults")
        reporter.write_line(
            f"{len(passed | failed)} tried, {len(passed - failed)} survived (again: --seed {seed})"
        )


def _is_fault(report: object) -> bool:
    """Whether it is of a test of the suite: the test itself, or what failed before or after it."""
    if not isinstance(report, pytest.TestReport) or "fault" not in report.keywords:
        return False
    return report.when == "call" or report.failed


def part(nodeid: str) -> str:
    """The part of the tests that a test belongs to: tests/unit/fleet, tests/e2e/test_build.py."""
    parts = PurePosixPath(nodeid.split("::")[0]).parts
    depth = None if {"e2e", "host", "contract"} & set(parts[1:2]) else 3
    return "/".join(parts[:depth])
