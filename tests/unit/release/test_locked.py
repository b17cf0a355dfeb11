"""Lock files as mix and rebar3 write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from beamwright.errors import BuildError
from beamwright.release.locked import Locked, read

OUTER = "5a904bf010ea24b67979835e0507688e31ac873d4ffc8ed0e5413e8d77455031"
INNER = "9e01b93d72ddc21d8c576a704949e86ee6cde7d11270a1d3073787876527a48f"
REVISION = "2b1b6c1b6d0b0c3e8e5b7a3f5a9f7c5d1e0f9a8b"

MIX = f"""\
%{{
  "acme": {{:hex, :acme_core, "0.3.0", "{INNER}", [:mix], [], "hexpm:acme", "{OUTER}"}},
  "bandit": {{:hex, :bandit, "1.6.1", "{INNER}", [:mix], [{{:hpax, "~> 1.0", \
[hex: :hpax, repo: "hexpm", optional: false]}}], "hexpm", "{OUTER}"}},
  "old": {{:hex, :old, "0.1.0", "{INNER}", [:rebar3], []}},
  "tally": {{:git, "https://github.com/Acme/tally.git", "{REVISION}", [tag: "v1.0"]}},
}}
"""

REBAR = f"""\
{{"1.2.0",
[{{<<"cowboy">>,{{pkg,<<"cowboy_fork">>,<<"2.12.0">>}},0}},
 {{<<"tally">>,
  {{git,"git@example.net:acme/tally.git",
       {{ref,"{REVISION}"}}}},
  0}}]}}.
[
{{pkg_hash,[
 {{<<"cowboy">>, <<"{INNER.upper()}">>}}]}},
{{pkg_hash_ext,[
 {{<<"cowboy">>, <<"{OUTER.upper()}">>}}]}}
].
"""


def test_mix_pins_by_checksum_or_revision(tmp_path: Path) -> None:
    (tmp_path / "mix.lock").write_text(MIX)
    assert read(tmp_path, "mix") == {
        "acme": Locked("acme_core", "0.3.0", "hexpm:acme", OUTER),
        "bandit": Locked("bandit", "1.6.1", "hexpm", OUTER),
        "old": Locked("old", "0.1.0", "hexpm"),
        "tally": Locked(url="https://github.com/Acme/tally.git", revision=REVISION),
    }


def test_rebar3_pins_by_checksum_or_revision(tmp_path: Path) -> None:
    (tmp_path / "rebar.lock").write_text(REBAR)
    assert read(tmp_path, "rebar3") == {
        "cowboy": Locked("cowboy_fork", "2.12.0", "hexpm", OUTER),
        "tally": Locked(url="git@example.net:acme/tally.git", revision=REVISION),
    }


@pytest.mark.parametrize("text", ["[].", '[{<<"a">>,{pkg,<<"a">>,<<"1.0">>},0}].', ""])
def test_older_lock_files_of_rebar3_stand_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "rebar.lock").write_text(text)
    found = read(tmp_path, "rebar3")
    assert found == ({"a": Locked("a", "1.0", "hexpm")} if "pkg" in text else {})


def test_no_lock_pins_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "mix") == {}


@pytest.mark.parametrize("text", ["<<<<<<< HEAD\n%{\n", "%{"])
def test_a_lock_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "mix.lock").write_text(text)
    with pytest.raises(BuildError, match=r"mix\.lock can't be read"):
        read(tmp_path, "mix")
