"""What ~/.ssh/config adds to fleet.toml, as a table; and the same from `ssh -G`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from beamwright.errors import ConfigError
from beamwright.transport import Route, UserConfig

FILE = """
Include {folder}/more/*.conf
Host ams1
    User ann
    Port 2201
    IdentityFile {key}
Host ams2
    HostName 198.51.100.7
    ProxyJump jim@bastion:2222,inner
Host ams3
    ProxyCommand nc %h %p
Host short
    HostName 192.0.2.77
    IdentitiesOnly yes
    IdentityFile {key}
    IdentityFile {key}.none
Host *
    User everybody
"""


@pytest.fixture
def config(tmp_path: Path) -> UserConfig:
    """The file above, with a key that there is, and one that it includes."""
    (tmp_path / "key").write_text("")
    (tmp_path / "config").write_text(FILE.format(key=tmp_path / "key", folder=tmp_path))
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.conf").write_text("Host bastion\n  HostName 203.0.113.1\n  User guard\n")
    return UserConfig(tmp_path / "config")


INNER = Route("inner", 22, "everybody", jump=Route("203.0.113.1", 2222, "jim"))


@pytest.mark.parametrize(
    ("given", "route"),
    [
        (("ams1", "192.0.2.1"), {"port": 2201, "user": "ann", "keys": ("key",)}),
        (
            ("ams1", "192.0.2.1", 22, "root", Path("/k")),
            {"port": 22, "user": "root", "keys": ("/k",), "only_keys": True},
        ),
        (("ams2", "192.0.2.2"), {"user": "everybody", "jump": INNER}),
        (("ams2", "192.0.2.2", None, None, None, "none"), {"user": "everybody"}),
        (
            ("ams3", "192.0.2.3", None, None, None, "bastion"),
            {"user": "everybody", "jump": Route("203.0.113.1", 22, "guard")},
        ),
        (
            ("fra1", "192.0.2.4", None, "deploy", Path("/k"), "[2001:db8::1]:23"),
            {
                "user": "deploy",
                "keys": ("/k",),
                "only_keys": True,
                "jump": Route("2001:db8::1", 23, "everybody", (Path("/k"),), True),
            },
        ),
        (
            ("fra2", "short"),
            {"address": "192.0.2.77", "user": "everybody", "keys": ("key",), "only_keys": True},
        ),
    ],
    ids=[
        "the user's file", "fleet.toml first", "jumps", "no jump", "a jump of its own",
        "a jump with the fleet's key", "an alias as address",
    ],
)  # fmt: skip
def test_routes(config: UserConfig, tmp_path: Path, given: tuple[Any, ...], route: dict[str, Any]) -> None:
    wanted = Route(
        **{"address": given[1], **route, "keys": tuple(tmp_path / key for key in route.get("keys", ()))}
    )
    assert config.route(*given) == wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Host ams3\nProxyCommand nc %h %p", "ProxyCommand, which Beamwright does not run"),
        ("Host *\nPort", "config"),
        ("Host *\nProxyJump a:b:c", "no machine to jump through"),
    ],
)
def test_what_can_not_be_followed_is_told(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "config").write_text(text)
    with pytest.raises(ConfigError, match=said):
        UserConfig(tmp_path / "config").route("ams3", "192.0.2.3")


def test_without_a_file(tmp_path: Path) -> None:
    assert UserConfig(tmp_path / "none").route("ams1", "192.0.2.1") == Route("192.0.2.1")


@pytest.mark.skipif(shutil.which("ssh") is None, reason="ssh is not installed here: `script/setup`")
@pytest.mark.parametrize("alias", ["ams1", "short", "bastion", "unheard-of"])
def test_ssh_reads_the_file_the_same_way(config: UserConfig, alias: str) -> None:
    asked = subprocess.run(
        ["ssh", "-G", "-F", str(config.path), alias], capture_output=True, text=True, check=True, timeout=20
    )
    said = dict(line.split(" ", 1) for line in asked.stdout.splitlines() if " " in line)
    route = config.route(alias, alias)
    assert (route.address, str(route.port), route.user) == (said["hostname"], said["port"], said["user"])
