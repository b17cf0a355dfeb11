"""No secret stands where others can read it: argv, environment, logs. Compared here, never sent."""

from __future__ import annotations

import pytest
from testinfra.host import Host as RemoteHost

from beamwright.fleet.model import Fleet, Host
from beamwright.verify.seen import main_pid, secret_values


@pytest.fixture(scope="module")
def units(fleet: Fleet, declared: Host) -> list[str]:
    """Beamwright's services on the host."""
    names = [f"{fleet.project.name}@{node.number}.service" for node in declared.nodes]
    return [*names, "beamwright-rabbitmq.service"] if fleet.sidecar.enabled else names


def leaked(fleet: Fleet, declared: Host, text: str) -> list[str]:
    """The names of the secrets whose value stands in the text."""
    return [name for name, value in secret_values(fleet, declared) if value in text]


def test_no_secret_in_any_argv(host: RemoteHost, fleet: Fleet, declared: Host) -> None:
    assert (
        leaked(fleet, declared, host.check_output("cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'"))
        == []
    )


def test_no_secret_in_an_environment(
    host: RemoteHost, fleet: Fleet, declared: Host, units: list[str]
) -> None:
    for unit in units:
        environ = host.check_output(f"tr '\\0' '\\n' < /proc/{main_pid(host, unit)}/environ")
        assert leaked(fleet, declared, environ) == [], unit


def test_no_secret_in_the_journal(host: RemoteHost, fleet: Fleet, declared: Host, units: list[str]) -> None:
    for unit in units:
        journal = host.check_output(f"journalctl --no-pager -q -n 20000 -u {unit}")
        assert leaked(fleet, declared, journal) == [], unit
