"""Who owns and may read what Beamwright put on a host."""

from __future__ import annotations

import pytest
from testinfra.host import Host as RemoteHost

from beamwright.fleet.model import Fleet, Host


def test_the_helper_is_roots_alone_to_change(host: RemoteHost) -> None:
    helper = host.file("/opt/beamwright/host")
    assert (helper.user, helper.group, helper.mode) == ("root", "root", 0o755)


@pytest.mark.root
def test_nobody_but_root_can_change_releases_and_settings(host: RemoteHost) -> None:
    others = "! -type l '(' ! -user root -o -perm /022 ! -perm -1000 ')'"
    assert host.check_output(f"find /opt/beamwright /etc/beamwright -xdev {others} -print -quit") == ""


def test_nobody_but_root_can_change_the_units(host: RemoteHost, fleet: Fleet) -> None:
    names = [f"{fleet.project.name}@.service", f"{fleet.project.name}.target", f"{fleet.project.name}.slice"]
    names += ["beamwright-rabbitmq.service"] if fleet.sidecar.enabled else []
    files = {name: host.file(f"/etc/systemd/system/{name}") for name in names}
    seen = {name: (file.user, file.group, file.mode) for name, file in files.items()}
    assert seen == dict.fromkeys(names, ("root", "root", 0o644))


@pytest.mark.root
def test_nothing_in_a_release_is_setuid_or_a_device(host: RemoteHost) -> None:
    wrong = "'(' -perm /6000 -type f -o -type b -o -type c -o -type p ')'"
    assert host.check_output(f"find /opt/beamwright -xdev {wrong} -print -quit") == ""


@pytest.mark.root
def test_only_root_reads_the_secrets(host: RemoteHost, fleet: Fleet) -> None:
    for app in (fleet.project.name, "rabbitmq") if fleet.sidecar.enabled else (fleet.project.name,):
        folder = f"/etc/beamwright/{app}/secrets"
        seen = set(host.check_output(f"find {folder} -mindepth 1 -printf '%U:%G %m\\n'").splitlines())
        assert (host.file(folder).mode, seen) == (0o700, {"0:0 400"}), app


@pytest.mark.root
def test_no_node_keeps_a_copy_of_its_cookie(host: RemoteHost, fleet: Fleet, declared: Host) -> None:
    for node in declared.nodes:
        assert not host.file(f"/run/{fleet.project.name}/{node.number}/.erlang.cookie").exists
