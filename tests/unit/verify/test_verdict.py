"""What pytest's report comes to, and when it is no proof."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from beamwright import verify
from beamwright.command import Result, command
from beamwright.errors import ConfigError, VerifyError
from beamwright.fleet import Fleet
from beamwright.verify import Failure, Verdict
from beamwright.verify.run import conclude, read_report

GOOD = '<testcase name="a[ssh://ams1]"/>'
BAD = '<testcase name="b[ssh://ams1]"><failure message="m"> assert 1 == 2\n</failure></testcase>'
BROKEN = '<testcase name="c"><error>no such fixture</error></testcase>'
UNSEEN = '<testcase name="e[ssh://ams2]"><skipped message="for root to look at"/></testcase>'
SKIPPED = '<testcase name="d"><skipped message="no sidecar"/></testcase>'


@pytest.mark.parametrize(
    ("cases", "verdict", "ok"),
    [
        (GOOD, Verdict(1, 0, ()), True),
        (GOOD + SKIPPED, Verdict(1, 1, ()), True),
        (GOOD + UNSEEN, Verdict(1, 1, (), ("e[ssh://ams2]",)), True),
        (GOOD + BAD, Verdict(1, 0, (Failure("b[ssh://ams1]", "assert 1 == 2"),)), False),
        (GOOD + BROKEN, Verdict(1, 0, (Failure("c", "no such fixture"),)), False),
        (SKIPPED, Verdict(0, 1, ()), False),
        ("", Verdict(0, 0, ()), False),
    ],
    ids=["passed", "one skipped", "one unseen", "failed", "broken", "all skipped", "none"],
)
def test_a_report(cases: str, verdict: Verdict, ok: bool) -> None:
    found = read_report(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    assert (found, found.ok, found.as_json()["ok"]) == (verdict, ok, ok)


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (Verdict(1, 0, (Failure("b", ""), Failure("c", ""))), "2 checks failed: b, c"),
        (Verdict(0, 3, ()), "no check ran"),
    ],
)
def test_a_bad_verdict_is_an_error(verdict: Verdict, said: str) -> None:
    with pytest.raises(VerifyError, match=said):
        verdict.demand()


def test_a_good_verdict_is_none() -> None:
    Verdict(1, 0, ()).demand()


def test_checks_of_one_s_own_that_are_not_there(make_fleet: Callable[[str], Fleet]) -> None:
    fleet = make_fleet('[verify]\nchecks = "nowhere"')
    with pytest.raises(ConfigError, match=r"verify\.checks: there is no folder"):
        verify.run(fleet, fleet.hosts, lambda _: None)


@pytest.mark.parametrize(("cases", "code"), [(None, 4), (GOOD, 1), (GOOD, 3)])
def test_a_pytest_that_breaks_down_is_no_proof(cases: str | None, code: int) -> None:
    report = f"<testsuites>{cases}</testsuites>" if cases else ""
    with pytest.raises(VerifyError, match=f"could not be run: pytest ended with {code}"):
        conclude(Result(command("pytest"), code), report)


@pytest.mark.parametrize(("cases", "code"), [(GOOD, 0), (GOOD + BAD, 1), (BROKEN, 2), ("", 5)])
def test_a_pytest_that_ran_gives_a_verdict(cases: str, code: int) -> None:
    report = f"<testsuites>{cases}</testsuites>"
    assert conclude(Result(command("pytest"), code), report) == read_report(report)
