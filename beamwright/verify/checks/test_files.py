"""Who owns and may read what Beamwright put on a host."""

from __future__ import annotations

from testinfra.host import Host as RemoteHost

from beamwright.fleet.model import Fleet, Host


def test_the_helper_is_roots_alone_to_change(host: RemoteHost) -> None:
    helper = host.file("/opt/beamwright/host")
    assert (helper.user, helper.group, helper.mode) == ("root", "root", 0o755)


def test_nobody_but_root_can_change_a_release(host: RemoteHost) -> None:
    found = host.check_output(
        "find /opt/beamwright -xdev ! -type l '(' ! -user root -o -perm /022 ! -perm -1000 ')' | head -n 5"
    )
    assert found == ""


def test_nothing_in_a_release_is_setuid_or_a_device(host: RemoteHost) -> None:
    found = host.check_output(
        "find /opt/beamwright -xdev '(' -perm /6000 -type f -o -type b -o -type c -o -type p ')' | head -n 5"
    )
    assert found == ""


def test_only_root_reads_the_secrets(host: RemoteHost, fleet: Fleet) -> None:
    folder = f"/etc/beamwright/{fleet.project.name}/secrets"
    seen = set(host.check_output(f"find {folder} -mindepth 1 -printf '%U:%G %m\\n'").splitlines())
    assert (host.file(folder).mode, seen) == (0o700, {"0:0 400"})


def test_only_the_node_reads_its_cookie(host: RemoteHost, fleet: Fleet, declared: Host) -> None:
    name = fleet.project.name
    for node in declared.nodes:
        cookie = host.file(f"/run/{name}/{node.number}/.erlang.cookie")
        assert (cookie.user, cookie.mode) == (name, 0o400)
