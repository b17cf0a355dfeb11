"""No secret stands where others can read it: argv, environment, logs.

Compared here, never sent; and never in an assert itself, for pytest shows what stands in one.
"""

from __future__ import annotations

import pytest
from testinfra.host import Host as RemoteHost

from beamwright.fleet.model import Fleet, Host
from beamwright.verify.seen import processes, secret_values


@pytest.fixture(scope="module")
def units(fleet: Fleet, declared: Host) -> list[str]:
    """Beamwright's services on the host."""
    names = [f"{fleet.project.name}@{node.number}.service" for node in declared.nodes]
    return [*names, "beamwright-rabbitmq.service"] if fleet.sidecar.enabled else names


def leaked(fleet: Fleet, declared: Host, text: str) -> list[str]:
    """The names of the secrets whose value stands in the text."""
    return [name for name, value in secret_values(fleet, declared) if value in text]


def test_no_secret_in_any_argv(host: RemoteHost, fleet: Fleet, declared: Host) -> None:
    found = leaked(
        fleet, declared, host.check_output("cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'")
    )
    assert found == []


@pytest.mark.root
def test_no_secret_in_an_environment(
    host: RemoteHost, fleet: Fleet, declared: Host, units: list[str]
) -> None:
    for unit in units:
        files = " ".join(f"/proc/{pid}/environ" for pid in processes(host, unit))
        # A process may have ended meanwhile; of one that runs, something is read.
        found = leaked(
            fleet, declared, text := host.check_output(f"cat {files} 2>/dev/null | tr '\\0' '\\n'")
        )
        assert (found, bool(text)) == ([], True), unit


@pytest.mark.root
def test_no_secret_in_the_journal(host: RemoteHost, fleet: Fleet, declared: Host, units: list[str]) -> None:
    for unit in units:
        found = leaked(fleet, declared, host.check_output(f"journalctl --no-pager -q -n 20000 -u {unit}"))
        assert found == [], unit
