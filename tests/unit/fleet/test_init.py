"""The first fleet.toml: what init finds in a project's folder, and that its text loads as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from beamwright.errors import ConfigError
from beamwright.fleet import Fleet
from beamwright.fleet.init import propose

Load = Callable[[str], Fleet]

MIX = """\
defmodule Shop.MixProject do
  @version "1.2.3"
  # app: :not_this
  def project, do: [app: :{app}, version: @version, {more}deps: []]
  def application, do: [mod: {{Shop, []}}]
end
"""
UMBRELLA = """\
  def project, do: [apps_path: "apps", releases: releases()]
  defp releases do
    [shop: [applications: [web: :permanent]]]
  end
"""
REBAR = """\
%% {relx, [{release, {not_this, "0"}, []}]}.
{erl_opts, [debug_info]}.
{relx, [{release, {'tally-board', "0.4.0"}, [tally, sasl]}, {mode, prod}]}.
"""


@pytest.mark.parametrize(
    ("app", "more", "name", "release"),
    [
        ("shop", "", "shop", "shop"),
        ("shop2", "", "shop", "shop2"),
        ("shop", "releases: [prod: [applications: []]], ", "shop", "prod"),
        ("root", "", "root_app", "root"),
        ("a" * 40, "", "a" * 31, "a" * 40),
    ],
)
def test_a_mix_project(load_text: Load, tmp_path: Path, app: str, more: str, name: str, release: str) -> None:
    (tmp_path / "mix.exs").write_text(MIX.format(app=app, more=more))
    text = propose(tmp_path)
    project = load_text(text).project
    assert (project.name, project.tool, project.release) == (name, "mix", release)
    assert project.source == tmp_path
    assert "version 1.2.3" in text


def test_an_umbrella_has_its_name_from_its_release(load_text: Load, tmp_path: Path) -> None:
    (tmp_path / "mix.exs").write_text(UMBRELLA)
    assert load_text(propose(tmp_path)).project.name == "shop"


def test_a_rebar_project(load_text: Load, tmp_path: Path) -> None:
    (tmp_path / "rebar.config").write_text(REBAR)
    text = propose(tmp_path)
    project = load_text(text).project
    assert (project.name, project.tool, project.release) == ("tally_board", "rebar3", "tally-board")
    assert "version 0.4.0" in text


def test_a_rebar_project_without_a_release_is_named_by_its_application(
    load_text: Load, tmp_path: Path
) -> None:
    (tmp_path / "rebar.config").write_text("{deps, []}.\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "tally.app.src").write_text("{application, tally, []}.")
    assert load_text(propose(tmp_path)).project.name == "tally"


def test_variables_that_the_configuration_reads_are_named(load_text: Load, tmp_path: Path) -> None:
    (tmp_path / "mix.exs").write_text(MIX.format(app="shop", more=""))
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "runtime.exs").write_text(
        'config :shop, url: System.fetch_env!("SHOP_URL"), key: System.get_env("SHOP_KEY") || raise "none"\n'
        'config :shop, level: System.get_env("SHOP_LEVEL", "info"), again: System.fetch_env!("SHOP_URL")\n'
    )
    text = propose(tmp_path)
    assert "# The configuration reads these when a node starts: SHOP_URL, SHOP_KEY\n" in text
    load_text(text)


@pytest.mark.parametrize(
    "mix", ["", "\x00", 'app: :"a b"', 'version: "\\u0007 # \n"', "releases: [root: []]", "é"]
)
def test_any_mix_file_gives_a_fleet_that_loads(load_text: Load, tmp_path: Path, mix: str) -> None:
    (tmp_path / "mix.exs").write_text(mix)
    load_text(propose(tmp_path))


def test_the_example_host_has_a_documentation_address(load_text: Load, tmp_path: Path) -> None:
    (tmp_path / "mix.exs").write_text(MIX.format(app="shop", more=""))
    assert [host.address for host in load_text(propose(tmp_path)).hosts] == ["192.0.2.1"]


def test_what_is_commented_out_is_right_too(load_text: Load, tmp_path: Path) -> None:
    """Every line that shows a key loads when its # is taken away."""
    (tmp_path / "mix.exs").write_text(MIX.format(app="shop", more=""))
    lines = propose(tmp_path).splitlines()
    bare = [line[2:] if line.startswith("# ") and ("=" in line or "# [" in line) else line for line in lines]
    fleet = load_text("\n".join(bare))
    assert len(fleet.hosts) == 2
    assert fleet.hosts[0].settings.health.http == "/healthz"


def test_no_project(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no mix\.exs and no rebar\.config") as refused:
        propose(tmp_path)
    assert refused.value.hint
