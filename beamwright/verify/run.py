"""Runs the checks, Beamwright's and the user's, in a pytest of their own, and reads how they ended."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from beamwright.command import Command, Result, command
from beamwright.errors import ConfigError, VerifyError
from beamwright.fleet.model import Fleet, Host
from beamwright.transport import LocalTarget
from beamwright.verify import ssh_config

CHECKS = Path(__file__).parent / "checks"
TIMEOUT = 1800.0
FOR_ROOT = "for root to look at"
"""Why a check is skipped that the user may not make."""


@dataclass(frozen=True)
class Failure:
    """A check that failed: its name with the host in brackets, and what it saw."""

    check: str
    detail: str


@dataclass(frozen=True)
class Verdict:
    """How many checks passed and were skipped, and which failed.

    `unseen` names those of the skipped ones that only root could have made.
    """

    passed: int
    skipped: int
    failures: tuple[Failure, ...]
    unseen: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether checks ran and none failed."""
        return self.passed > 0 and not self.failures

    def demand(self) -> None:
        """VerifyError that names the checks that failed, unless all is well."""
        if self.ok:
            return
        names = ", ".join(failure.check for failure in self.failures)
        raise VerifyError(
            f"{len(self.failures)} checks failed: {names}" if names else "no check ran",
            hint="the hosts run what was deployed, but not as the fleet file says; `rollback` goes back",
        )

    def as_json(self) -> dict[str, object]:
        """The shape that `verify --json` prints."""
        return {
            "ok": self.ok,
            "passed": self.passed,
            "skipped": self.skipped,
            "unseen": list(self.unseen),
            "failures": [vars(failure) for failure in self.failures],
        }


def run(
    fleet: Fleet, hosts: tuple[Host, ...], log: Callable[[str], None], closed: frozenset[str] = frozenset()
) -> Verdict:
    """Checks the hosts; `log` gets each line that pytest prints. VerifyError when the checks can't be run.

    On hosts that are `closed`, where sudo allows the helper alone, what only root sees is left unseen.
    """
    folders = [CHECKS]
    if fleet.checks:
        if not fleet.checks.is_dir():
            raise ConfigError(
                f"{fleet.path}: verify.checks: there is no folder {fleet.checks}",
                hint="make it, or take the key out",
            )
        folders.append(fleet.checks)
    with tempfile.TemporaryDirectory(prefix="beamwright-verify-") as work:
        config, report = Path(work) / "ssh_config", Path(work) / "report.xml"
        config.write_text(ssh_config.render(fleet, hosts, Path(work)), "utf-8")
        result = LocalTarget("verify").run(
            _pytest(fleet, hosts, closed, folders, config, report), timeout=TIMEOUT, on_line=log
        )
        return conclude(result, report.read_text("utf-8") if report.exists() else "")


def _pytest(
    fleet: Fleet,
    hosts: tuple[Host, ...],
    closed: frozenset[str],
    folders: list[Path],
    config: Path,
    report: Path,
) -> Command:
    """The pytest that runs the checks, apart from any configuration of the project around it."""
    backends = [ssh_config.backend(fleet, host, closed=host.name in closed) for host in hosts]
    return command(
        sys.executable, "-m", "pytest", "-q", "--no-header", "--tb=short", "-p", "no:cacheprovider",
        "-p", "beamwright.verify.plugin", "-c", "/dev/null", f"--rootdir={config.parent}",
        # No conftest.py above the checks: it belongs to another project's tests.
        f"--confcutdir={folders[-1]}",
        "--import-mode=importlib", f"--fleet={fleet.path}", f"--junitxml={report}",
        f"--hosts={','.join(backends)}", f"--ssh-config={config}", f"--closed={','.join(closed)}",
        *map(str, folders),
        PYTEST_ADDOPTS="",
    )  # fmt: skip


def conclude(result: Result, report: str) -> Verdict:
    """The verdict, unless pytest itself broke down: VerifyError, for what it has passed is then no proof."""
    verdict = read_report(report) if report else None
    if verdict is None or (verdict.ok and not result.ok):
        raise VerifyError(
            f"the checks could not be run: pytest ended with {result.exit_code}", detail=result.tail(30)
        )
    return verdict


def read_report(xml: str) -> Verdict:
    """The verdict in a JUnit report as pytest writes it."""
    passed = skipped = 0
    failures, unseen = [], []
    for case in ElementTree.fromstring(xml).iter("testcase"):
        wrong = [part for part in case if part.tag in ("failure", "error")]
        if wrong:
            failures.append(Failure(case.get("name", "?"), (wrong[0].text or "").strip()))
        elif (reason := case.find("skipped")) is not None:
            skipped += 1
            unseen += [case.get("name", "?")] if reason.get("message") == FOR_ROOT else []
        else:
            passed += 1
    return Verdict(passed, skipped, tuple(failures), tuple(unseen))
