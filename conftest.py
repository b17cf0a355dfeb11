"""Says, at the end of a test run, which part of the tests took how long."""

from __future__ import annotations

from collections import defaultdict
from pathlib import PurePosixPath

import pytest


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
    path = PurePosixPath(nodeid.split("::")[0])
    return str(path) if path.parts[1] in ("e2e", "host", "contract") else str(PurePosixPath(*path.parts[:3]))
