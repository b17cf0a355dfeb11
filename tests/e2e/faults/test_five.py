"""The third of five hosts is down, then back with a node that does not start, then well."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.faults import promise
from tests.e2e.faults.conftest import Make
from tests.e2e.faults.yard import Yard

pytestmark = [pytest.mark.e2e, pytest.mark.docker, pytest.mark.fault]

_DROP_IN = "/etc/systemd/system/bolt@.service.d"


@pytest.fixture
def five(make_yard: Make) -> Iterator[Yard]:
    """Five hosts: the first alone, then all others at once."""
    with make_yard(5, deploy={"batch": '"100%"', "min_ready": '"0"'}, releases=1) as yard:
        yield yard


def test_host_3_of_5(five: Yard) -> None:
    before = five.goal.release_id
    others = {name: "deployed" for name in five.names if name != "ams3"}
    five.next_round()

    five.container("ams3").kill()
    refused = five.deploy()
    assert refused.code == 4, refused
    assert "ams3" in refused.error, refused
    passed = five.deploy(skip_down=True)
    assert passed.code == 4, passed
    assert passed.hosts == {**others, "ams3": "unreachable"}, passed
    assert "left out as they do not answer: ams3" in passed.error, passed

    five.container("ams3").start()
    five.boot()
    crash = (
        f"mkdir -p {_DROP_IN}; printf '[Service]\\nEnvironment=BOLT_START=crash\\n' >{_DROP_IN}/crash.conf"
    )
    five.on("ams3", f"{crash}; systemctl daemon-reload")
    failed = five.deploy()
    assert failed.code == 7, failed
    assert failed.hosts == {**dict.fromkeys(others, "unchanged"), "ams3": "unconfirmed"}, failed
    assert "function_clause" in str(failed), failed

    five.on("ams3", f"rm -r {_DROP_IN}; systemctl daemon-reload")
    promise.keep(five, failed, {**dict.fromkeys(others, five.goal.release_id), "ams3": before})
