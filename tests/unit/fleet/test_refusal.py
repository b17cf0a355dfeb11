"""What is wrong, where, and how to mend it: a table of bent fleets and the words of their errors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet, load

Bend = Callable[[str, str], Fleet]

NAME, TOOL, COUNT, PORTS = 'name = "courier"', 'tool = "mix"', "count = 2", "ports = { http = 8080 }"
AMS2, ADDRESS = "[clusters.ams.hosts.ams2]", 'address = "192.0.2.2"'

# What is replaced, by what, the key, a part of the reason, a part of the hint.
KEYS = [
    # unknown and missing keys
    (TOOL, f'{TOOL}\nsorce = "."', "project.sorce", "unknown key", "did you mean source?"),
    (COUNT, f"{COUNT}\nxyzzy = 1", "node.xyzzy", "unknown key", "known here: count, dist_port"),
    (
        AMS2,
        "[clusters.ams.hosts.port]\nadress = '1'\n" + AMS2,
        "clusters.ams.hosts.port.adress",
        "",
        "address",
    ),
    (NAME, "", "project.name", "is missing", 'name = "my_app"'),
    (AMS2, f"[clusters.fra]\n{AMS2}", "clusters.fra.hosts", "is missing", "[clusters.fra.hosts.HOST]"),
    (AMS2, f"[clusters.fra.hosts]\n{AMS2}", "clusters.fra.hosts", "is empty", "[clusters.fra.hosts.HOST]"),
    (COUNT, "'[key]' = 1", 'node."[key]"', "unknown key", ""),
    # wrong types and words
    (
        TOOL,
        'tool = "rebar"',
        "project.tool",
        '"mix" or "rebar3" or "prebuilt", is "rebar"',
        'did you mean "rebar3"?',
    ),
    (TOOL, "tool = 3", "project.tool", '"mix" or "rebar3" or "prebuilt", is 3', ""),
    (COUNT, 'count = "2"', "node.count", 'must be a whole number, is "2"', "write count = 2"),
    (COUNT, "count = 2.0", "node.count", "must be a whole number, is 2.0", "write count = 2"),
    (COUNT, "count = inf", "node.count", "must be a whole number, is inf", ""),
    (COUNT, "count = true", "node.count", "must be a whole number, is true", ""),
    (COUNT, "count = 2026-01-01", "node.count", "must be a whole number, is a date", ""),
    (COUNT, "count = 0", "node.count", "must be at least 1, is 0", ""),
    (COUNT, "count = 0x" + "f" * 9999, "node.count", "must be at most 64, is a huge number", ""),
    (NAME, "name = 7", "project.name", "must be text in quotes, is 7", 'write name = "7"'),
    (PORTS, "ports = 8080", "node.ports", "must be a table, is 8080", ""),
    (COUNT, 'vm_args = "+S 2"', "node.vm_args", "must be an array", 'write vm_args = ["+S 2"]'),
    (COUNT, "vm_args = [1]", "node.vm_args[0]", "must be text in quotes", 'write "1"'),
    (AMS2, f'[sidecar]\nenabled = "yes"\n{AMS2}', "sidecar.enabled", "true or false", "enabled = true"),
    # the project's name
    (NAME, 'name = "My-App"', "project.name", 'is "My-App"', 'such as "my_app"'),
    (NAME, 'name = "app2"', "project.name", "last no digit", 'such as "app"'),
    (NAME, 'name = "root"', "project.name", '"root" is taken', 'such as "root_app"'),
    (NAME, 'name = "host"', "project.name", '"host" is taken', ""),
    (NAME, 'name = "a\\n"', "project.name", 'is "a\\n"', ""),
    (NAME, f"name = '{'a' * 32}'", "project.name", "1 to 31", ""),
    (AMS2, f'[ssh]\nuser = "courier"\n{AMS2}', "project.name", "is ssh.user too", "another user"),
    # the registry
    (AMS2, f'[registry]\nuser = "deploy"\n{AMS2}', "registry.password", "is missing", ""),
    (AMS2, f'[registry]\npassword = "file"\n{AMS2}', "registry.user", "is missing", ""),
    (AMS2, f"[registry]\npull = true\n{AMS2}", "registry.repository", "is missing: hosts are to pull", ""),
    (
        AMS2,
        f'[registry]\nrepository = "r.example/app"\npull = true\n{AMS2}',
        "registry.pull",
        "is for hosts that run images",
        'artifact = "oci"',
    ),
    (
        AMS2,
        f'[registry]\nrepository = "https://r.example/app"\n{AMS2}',
        "registry.repository",
        "must be a registry and a repository in it",
        'such as "r.example/app"',
    ),
    # names of clusters and hosts
    (AMS2, "[clusters.ams.hosts.AMS_2]", "clusters.ams.hosts.AMS_2", "must be a host name", '"ams-2"'),
    (AMS2, f"[clusters.ams.hosts.{'a' * 64}]", f"clusters.ams.hosts.{'a' * 64}", "must be a host name", ""),
    (AMS2, '[clusters.ams.hosts."a b"]', 'clusters.ams.hosts."a b"', "must be a host name", '"a-b"'),
    (AMS2, "[clusters.Fra.hosts.fra1]", "clusters.Fra", "1 to 63", 'such as "fra"'),
    (AMS2, "[clusters.fra.hosts.ams1]", "clusters.fra.hosts.ams1", "cluster ams has a host ams1 too", ""),
    (AMS2, '[clusters.ams.hosts."ams2.net"]', "clusters.ams.hosts", "without dots", "short names"),
    (AMS2, f'[clusters.x.hosts."{".".join(["a" * 62] * 4)}"]', "clusters.x", "no Erlang node name", ""),
    # addresses
    (ADDRESS, 'address = "192.0.2.300"', "clusters.ams.hosts.ams2.address", "IP address or a DNS name", ""),
    (ADDRESS, 'address = "a_b"', "clusters.ams.hosts.ams2.address", "IP address or a DNS name", ""),
    (ADDRESS, 'address = ""', "clusters.ams.hosts.ams2.address", "", ""),
    (ADDRESS, 'address = "0.0.0.0"', "clusters.ams.hosts.ams2.address", "no machine's address", ""),
    (ADDRESS, 'address = "192.0.2.1"', "clusters.ams.hosts.ams2.address", "is the host ams1", ""),
    # ports
    (PORTS, "ports = { http = 80 }", "node.ports.http", "must be at least 1024, is 80", ""),
    (
        PORTS,
        f"{PORTS}\nhealth = {{ http = '/', call = 'my_app:healthy' }}",
        "node.health.call",
        "one check too many",
        "leave one",
    ),
    (PORTS, f"{PORTS}\nhealth = {{ call = 'healthy' }}", "node.health.call", "MyApp.Health.check", ""),
    (PORTS, "ports = { http = 65535 }", "node.ports.http", "would listen on 65536", ""),
    (PORTS, "ports = { HTTP = 8080 }", "node.ports.HTTP", "1 to 31", 'such as "http"'),
    (
        PORTS,
        "ports = { a = 8080, b = 8081 }",
        "node.ports.a",
        "8081 on ams1 is wanted twice: by a of node 2",
        "",
    ),
    (PORTS, "ports = { a = 9102 }", "node.ports.a", "the distribution of node 2 (node.dist_port)", ""),
    (PORTS, "ports = { a = 5672 }", "node.ports.a", "by RabbitMQ (sidecar.port)", ""),
    (PORTS, "ports = { a = 25671 }", "node.ports.a", "RabbitMQ's clustering (sidecar.dist_port)", ""),
    (ADDRESS, f"{ADDRESS}\nport = 8081", "node.ports.http", "sshd (clusters.ams.hosts.ams2.port)", ""),
    (
        ADDRESS,
        f"{ADDRESS}\nnode.count = 30\nnode.ports = {{ b = 8100 }}",
        "node.ports.http",
        "8100 on ams2 is wanted twice: by http of node 21, and by b of node 1 (clusters.ams.hosts.ams2.node",
        "",
    ),
    (
        ADDRESS,
        f"{ADDRESS}\nnode.ports = {{ http = 9101 }}",
        "clusters.ams.hosts.ams2.node.ports.http",
        "9101 on ams2 is wanted twice",
        "",
    ),
    # environment
    (COUNT, 'env = { HOME = "/" }', "node.env.HOME", "may not be set: it is the node's runtime folder", ""),
    (COUNT, 'env = { RELEASE_NAME = "x" }', "node.env.RELEASE_NAME", "may not be set", ""),
    (COUNT, 'env = { BEAMWRIGHT_X = "x" }', "node.env.BEAMWRIGHT_X", "may not be set", ""),
    (COUNT, 'env = { NOTIFY_SOCKET = "x" }', "node.env.NOTIFY_SOCKET", "systemd sets it", ""),
    (COUNT, 'env = { HTTP_PORT = "1" }', "node.env.HTTP_PORT", "it holds the port node.ports.http", ""),
    (COUNT, 'env = { AMQP_HOST = "x" }', "node.env.AMQP_HOST", "[sidecar] sets it", ""),
    (COUNT, 'env = { A-B = "x" }', "node.env.A-B", "name of a variable", 'such as "A_B"'),
    (COUNT, 'env = { A = "x\\ny" }', "node.env.A", "one line without control characters", ""),
    (COUNT, 'env = { A = "\\u0000" }', "node.env.A", "one line without control characters", ""),
    (PORTS, "ports = { amqp = 8080 }", "node.ports.amqp", "AMQP_PORT: [sidecar] sets it", "another name"),
    (PORTS, "ports = { beamwright_dist = 8080 }", "node.ports.beamwright_dist", "BEAMWRIGHT_DIST_PORT", ""),
    # arguments of the VM
    (COUNT, "vm_args = ['-sname x']", "node.vm_args[0]", "-sname may not be given", ""),
    (COUNT, "vm_args = ['+S 2', '-setcookie x']", "node.vm_args[1]", "a command line everybody could", ""),
    (COUNT, "vm_args = ['+S 2 \"-boot\" x']", "node.vm_args[0]", "-boot may not be given", ""),
    (COUNT, "vm_args = ['-kernel inet_dist_listen_min 1']", "node.vm_args[0]", "node.dist_port says", ""),
    (COUNT, "vm_args = ['S 2']", "node.vm_args[0]", "begins with + or -", ""),
    (COUNT, "vm_args = ['-x \"']", "node.vm_args[0]", "a quote is not closed", ""),
    (COUNT, 'vm_args = ["+S 2\\n-name x"]', "node.vm_args[0]", "one line", ""),
    # health, limits, networks, secrets
    (COUNT, 'health = { port = "htp" }', "node.health.port", 'no port "htp"', 'did you mean "http"?'),
    (COUNT, "health = { http = 'http://a/up' }", "node.health.http", "begins with /", 'such as "/up"'),
    (PORTS, "ports = { a = 2000, b = 3000 }", "node.health.port", "which of the ports", 'port = "a"'),
    (PORTS, "health = { http = '/' }", "node.health.http", "no port to ask", "ports = { http = 8080 }"),
    (COUNT, "watchdog_seconds = 8", "node.watchdog_seconds", "must be over", "0 for never"),
    (COUNT, "memory_max = '512 mb'", "node.memory_max", "a size with its unit", 'such as "512M"'),
    (COUNT, "memory_max = '512'", "node.memory_max", "a size with its unit", ""),
    (COUNT, "allow_from = ['10.0.0.1/8']", "node.allow_from[0]", "inside a network", '"10.0.0.0/8"'),
    (COUNT, "allow_from = ['everyone']", "node.allow_from[0]", "'any' or an IP network", ""),
    (COUNT, "secrets = { cookie = 'x' }", "node.secrets.cookie", "Beamwright makes itself", ""),
    (COUNT, "secrets = { 'a/b' = 'x' }", 'node.secrets."a/b"', "the name of a file", ""),
    (TOOL, f'{TOOL}\nsource = "a\\u0000b"', "project.source", "must be a path", ""),
    (TOOL, f'{TOOL}\nsource = "~root/x"', "project.source", "must be a path", ""),
    (AMS2, f'[artifact]\ninclude = ["/etc"]\n{AMS2}', "artifact.include[0]", "a path from", 'such as "etc"'),
    (AMS2, f'[artifact]\ninclude = ["a/../.."]\n{AMS2}', "artifact.include[0]", "must be below", ""),
    (AMS2, f'[artifact]\ninclude = ["./lib/x"]\n{AMS2}', "artifact.include[0]", "lib is the release's", ""),
    (AMS2, f'[artifact]\nshell = "bash"\n{AMS2}', "artifact.shell", '"none" or "busybox"', ""),
    (TOOL, f'{TOOL}\nprofile = "a b"', "project.profile", "several joined by commas", 'such as "a_b"'),
    (TOOL, f'{TOOL}\nprofile = "prod,eu"', "project.profile", "mix knows one at a time", ""),
    (
        TOOL,
        'tool = "prebuilt"\nprofile = "prod"',
        "project.profile",
        "is for what gets compiled",
        "remove it",
    ),
    (
        TOOL,
        f'{TOOL}\ncontext = "deps"',
        "project.context",
        "does not hold the source",
        "name a folder above it",
    ),
    (
        TOOL,
        'tool = "prebuilt"\ncontext = ".."',
        "project.context",
        "is for what gets compiled",
        "remove it",
    ),
    (TOOL, f'{TOOL}\nrelease = "a/b"', "project.release", "the name of a release", 'such as "a_b"'),
    (AMS2, f'[ssh]\nuser = "a b"\n{AMS2}', "ssh.user", "the name of a user", ""),
    (AMS2, f'[toolchain]\npackages = ["a b"]\n{AMS2}', "toolchain.packages[0]", "Debian package", ""),
]


@pytest.mark.parametrize(
    ("old", "new", "key", "reason", "hint"), KEYS, ids=[f"{k[2][:40]}-{k[3][:30]}" for k in KEYS]
)
def test_one_defect(bend: Bend, tmp_path: Path, old: str, new: str, key: str, reason: str, hint: str) -> None:
    with pytest.raises(ConfigError) as refused:
        bend(old, new)
    message = refused.value.message
    assert message.startswith(f"{tmp_path}/fleet.toml: {key}")
    assert reason in message
    assert hint in refused.value.hint
    assert "\n" not in message


def test_a_source_that_is_a_link_out_of_its_context_is_refused(bend: Bend, tmp_path: Path) -> None:
    context = tmp_path / "mono"
    context.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (context / "out").symlink_to("../elsewhere")
    with pytest.raises(ConfigError) as refused:
        bend(TOOL, f'{TOOL}\nsource = "mono/out"\ncontext = "mono"')
    assert f"{context} does not hold the source, {tmp_path}/elsewhere" in refused.value.message


def test_all_defects_are_in_the_detail(bend: Bend) -> None:
    with pytest.raises(ConfigError) as refused:
        bend(TOOL, 'tool = "rebar"\nsorce = "."\nrelease = 1')
    assert refused.value.message.endswith("project.sorce: unknown key (and 2 more)")
    assert [line.split(":")[0] for line in refused.value.detail.splitlines()] == [
        "project.sorce",
        "project.tool",
        "project.release",
    ]


def test_what_all_hosts_share_is_told_once(bend: Bend) -> None:
    with pytest.raises(ConfigError) as refused:
        bend(PORTS, "ports = { http = 8080, admin = 8081 }")
    assert "more" not in refused.value.message


def test_thousands_of_defects_are_counted(load_text: Callable[[str], Fleet]) -> None:
    with pytest.raises(ConfigError, match=r"and 5001 more") as refused:
        load_text("".join(f"key{n} = 1\n" for n in range(5000)))
    assert len(refused.value.detail.splitlines()) == 21


FILES = [
    (b"\xff", "is not UTF-8: byte 0, line 1"),
    (b"\na = \n", "is not TOML: Invalid value (at line 2, column 5)"),
    (b"a = " + b"[" * 9999, "is nested too deeply"),
    (b"a = " + b"9" * 5000, "a number in it has too many digits"),
    (b"a" + b".a" * 2000 + b" = 1", "a: unknown key"),
    (b"#" * (1 << 20) + b"#", "is larger than 1 MiB"),
    (b"a = 1\na = 2", "is not TOML: Cannot overwrite a value"),
    (b"", "project: is missing"),
]


@pytest.mark.parametrize(("data", "reason"), FILES, ids=[reason for _, reason in FILES])
def test_no_fleet_file(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "fleet.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigError) as refused:
        load(path)
    assert refused.value.message.startswith(f"{path}: {reason}")


def test_no_file(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    cases = {
        "none": "there is no such file",
        ".": "is a folder",
        "loop": "is no path",
        "a\0b": "is no path",
        "x" * 300: "can't be read",
    }
    for name, reason in cases.items():
        with pytest.raises(ConfigError, match=reason):
            load(tmp_path / name)


def test_a_missing_file_points_to_init(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path / "fleet.toml")
    assert "beamwright init" in refused.value.hint


def test_the_inventory_is_named_when_it_is_wrong(bend: Bend, tmp_path: Path) -> None:
    (tmp_path / "found.toml").write_text("[hosts.ams1]\nadress = '1'\n")
    with pytest.raises(ConfigError) as refused:
        bend("[project]", 'inventory = "found.toml"\n[project]')
    assert refused.value.message.startswith(f"{tmp_path}/found.toml: hosts.ams1.adress: unknown key")
