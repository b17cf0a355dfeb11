"""What holds for every test run: Ctrl-C can be tested, and the end says which part took how long."""

from __future__ import annotations

import signal
from collections import defaultdict
from pathlib import PurePosixPath

import pytest


def pytest_configure() -> None:
    """Lets SIGINT through: whoever starts the tests in the background of a script starts them deaf to it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line per test file or, for the many small ones, per folder: seconds with set-up and tear-down."""
    seconds: dict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[part(report.nodeid)] += report.duration
    terminalreporter.section("seconds per part")
    for name, spent in sorted(seconds.items(), key=lambda item: -item[1]):
        terminalreporter.write_line(f"{spent:8.1f}  {name}")


def part(nodeid: str) -> str:
    """The part of the tests that a test belongs to: tests/unit/fleet, tests/e2e/test_build.py."""
    parts = PurePosixPath(nodeid.split("::")[0]).parts
    depth = None if {"e2e", "host", "contract"} & set(parts[1:2]) else 3
    return "/".join(parts[:depth])
