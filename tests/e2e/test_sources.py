"""What a release is built from: umbrellas, profiles, dependencies of every kind, and no network."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from beamwright import artifact
from beamwright.artifact import Artifact
from beamwright.errors import BuildError, ConfigError
from beamwright.fleet import Fleet
from beamwright.release.workshop import BUILDER
from beamwright.toolchain import Engine
from tests.projects import below, declare, mix, rebar3, repository, write

pytestmark = pytest.mark.docker

NO_NETWORK = "[toolchain]\nnetwork = false"


def build(engine: Engine, declared: Fleet) -> Artifact:
    """The tarball of the fleet's project."""
    return artifact.read(
        artifact.build(declared, engine, declared.folder / "dist", ("tarball",), print).folder
    )


def libraries(built: Artifact) -> set[str]:
    """The applications of the tree."""
    paths = (Path(entry.path).parts for entry in built.manifest().entries)
    return {parts[2].rpartition("-")[0] for parts in paths if parts[:2] == ("app", "lib") and len(parts) > 2}


def names(built: Artifact) -> set[str]:
    """The names of the files of the tree."""
    return {Path(entry.path).name for entry in built.manifest().entries}


def told_of_another_release(engine: Engine, declared: Fleet) -> None:
    """Though nothing of the source has changed since the last build."""
    with pytest.raises(ConfigError, match="the release gone is not in the project, which has shop, till"):
        build(engine, declared)


def test_an_umbrella_with_dependencies_of_every_kind_and_no_network(engine: Engine, tmp_path: Path) -> None:
    deps = """
      {:pathed, path: "../../vendor/pathed"}, {:gitted, git: "file:///project/gitted.git", branch: "main"},
      {:packed, "~> 1.0"}"""
    releases = """apps_path: "apps", releases: [
      shop: [applications: [web: :permanent]], till: [applications: [web: :permanent]]],"""
    umbrella = mix("shop", releases)["mix.exs"].replace("app: :shop, ", "")
    source = write(
        tmp_path / "shop",
        {
            "mix.exs": umbrella,
            **below("apps/web", mix("web", 'deps_path: "../../deps", build_path: "../../_build",', deps)),
            **below("vendor/pathed", mix("pathed")),
            **below("deps/packed", mix("packed", deps='{:inner, "~> 1.0.0"}')),
            **below("deps/inner", rebar3("inner")),
        },
    )
    repository(source / "gitted.git", mix("gitted"))
    project = f'name = "shop"\nrelease = "till"\ntool = "mix"\nsource = "{source}"\nprofile = "staging"'
    built = build(engine, declare(tmp_path, project, NO_NETWORK))
    assert {"web", "pathed", "gitted", "packed", "inner"} <= libraries(built)
    assert (tmp_path / ".beamwright/cache/shop/project/_build/staging").is_dir()
    told_of_another_release(engine, declare(tmp_path, project.replace("till", "gone"), NO_NETWORK))


def test_dependencies_by_path_beside_the_source_are_in_its_context(engine: Engine, tmp_path: Path) -> None:
    mono = write(
        tmp_path / "mono",
        {
            **below("apps/shop", mix("shop", deps='{:shared, path: "../../libs/shared"}')),
            **below("libs/shared", mix("shared", deps='{:deeper, path: "../deeper"}')),
            **below("libs/deeper", mix("deeper")),
        },
    )
    project = f'name = "shop"\ntool = "mix"\nsource = "{mono}/apps/shop"'
    with pytest.raises(BuildError, match="a dependency of the project can't be had") as caught:
        build(engine, declare(tmp_path, project, NO_NETWORK))
    assert "or of project.context" in str(caught.value.hint)
    declared = declare(tmp_path, f'{project}\ncontext = "{mono}"', NO_NETWORK)
    assert {"shop", "shared", "deeper"} <= libraries(build(engine, declared))
    # A dependency of the dependency, of which the source knows nothing.
    write(mono, below("libs/deepest", mix("deepest")))
    write(mono, below("libs/deeper", mix("deeper", deps='{:deepest, path: "../deepest"}')))
    assert "deepest" in libraries(build(engine, declared))


SEARCHES = """\
{found, _} = System.shell("find / -path /proc -prune -o -name 'cookie' -exec cat {} + 2>&1")
if found =~ "confidential", do: raise(found)
"""


def test_a_build_finds_no_secret_of_any_fleet_wherever_it_looks(engine: Engine, tmp_path: Path) -> None:
    shop = mix("shop")
    mono = write(
        tmp_path / "mono",
        {
            **below("shop", shop | {"mix.exs": SEARCHES + shop["mix.exs"]}),
            "other/fleet.toml": 'secrets = "keys"',
            "other/keys/cookie": "confidential",
        },
    )
    for path in (mono / "other/keys", mono / "other/keys/cookie"):
        os.chown(path, BUILDER, BUILDER)
    declared = declare(mono, f'name = "shop"\ntool = "mix"\nsource = "shop"\ncontext = "{mono}"', NO_NETWORK)
    assert "shop" in libraries(build(engine, declared))


LINKS = """\
{:error, :eacces} = File.ls("/sealed/mirror")
File.rm_rf!("/project/.beamwright")
File.mkdir!("/project/.beamwright")
File.write!("/project/mine", "mine")
for name <- ~w(seen seen.new differs since ended rules),
    do: File.ln_s!("/project/mine", "/project/.beamwright/#{name}")
"""


def test_root_writes_through_no_link_that_a_build_has_left(engine: Engine, tmp_path: Path) -> None:
    shop = mix("shop")
    source = write(tmp_path / "shop", shop | {"mix.exs": LINKS + shop["mix.exs"]})
    build(engine, declare(tmp_path, f'name = "shop"\ntool = "mix"\nsource = "{source}"', NO_NETWORK))
    assert (tmp_path / ".beamwright/cache/shop/project/mine").read_text("utf-8") == "mine"


def test_a_child_of_an_umbrella_keeps_what_was_fetched_for_it(engine: Engine, tmp_path: Path) -> None:
    shared = 'deps_path: "../../deps", build_path: "../../_build", lockfile: "../../mix.lock",'
    gitted = '{:gitted, git: "file:///project/gitted.git", branch: "main"}'
    mono = write(
        tmp_path / "mono",
        {
            "mix.exs": mix("all", 'apps_path: "apps",')["mix.exs"].replace("app: :all, ", ""),
            **below("apps/shop", mix("shop", shared, gitted)),
        },
    )
    (revision,) = repository(mono / "gitted.git", mix("gitted"))
    lock = f'"gitted": {{:git, "file:///project/gitted.git", "{revision}", [branch: "main"]}},'
    write(mono, {"mix.lock": f"%{{\n  {lock}\n}}\n"})
    project = f'name = "shop"\ntool = "mix"\nsource = "{mono}/apps/shop"\ncontext = "{mono}"'
    declared = declare(tmp_path, project, NO_NETWORK)
    assert "gitted" in libraries(build(engine, declared))
    write(mono, {"apps/shop/lib/shop.ex": "defmodule Shop do\n  def name, do: Gitted.name()\nend\n"})
    assert "gitted" in libraries(build(engine, declared))


MAKES = """\
defmodule Mix.Tasks.Compile.Nif do
  use Mix.Task
  def run(_) do
    File.write!("priv/nif.dat", "compiled")
  end
end
"""


def test_a_dependency_loses_what_was_removed_from_it_and_keeps_what_was_compiled_in_it(
    engine: Engine, tmp_path: Path
) -> None:
    packed = mix("packed", "compilers: [:nif] ++ Mix.compilers(),")
    packed |= {"mix.exs": MAKES + packed["mix.exs"], "priv/table.dat": ""}
    mono = write(
        tmp_path / "mono",
        {
            **below("shop", mix("shop", deps='{:packed, "~> 1.0"}, {:auth, path: "../deps/auth"}')),
            **below("shop/deps/packed", packed),
            **below("deps/auth", mix("auth")),
            "deps/auth/lib/old.ex": "defmodule Old do\nend\n",
        },
    )
    project = f'name = "shop"\ntool = "mix"\nsource = "{mono}/shop"\ncontext = "{mono}"'
    declared = declare(tmp_path, project, NO_NETWORK)
    assert {"nif.dat", "Elixir.Old.beam"} <= names(build(engine, declared))
    (mono / "deps/auth/lib/old.ex").unlink()
    found = names(build(engine, declared))
    assert "nif.dat" in found and "Elixir.Old.beam" not in found


def test_another_elixir_is_not_told_as_a_dependency(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write(tmp_path / "shop", mix("shop", 'elixir: "~> 99.0",'))
    project = f'name = "shop"\ntool = "mix"\nsource = "{source}"'
    with pytest.raises(BuildError, match="mix could not build the release shop"):
        build(engine, declare(tmp_path, project, NO_NETWORK))
    assert "~> 99.0" in capsys.readouterr().out


def test_profiles_of_rebar3_with_dependencies_of_every_kind_and_no_network(
    engine: Engine, tmp_path: Path
) -> None:
    config = """
{deps, [{gitted, {git, "file:///project/gitted.git", {branch, "main"}}}, packed, checked]}.
{relx, [{release, {shop, "1.0.0"}, [shop, sasl]}, {release, {till, "1.0.0"}, [shop]}]}.
{profiles, [{prod, [{relx, [{overlay, [{mkdir, "etc"}]}]}]},
            {eu, [{relx, [{overlay, [{copy, "eu.conf", "etc/place.conf"}]}]}]}]}.
"""
    source = write(
        tmp_path / "shop",
        {
            **rebar3("shop", config, "kernel, stdlib, gitted, packed, checked"),
            **below("_build/default/lib/packed", rebar3("packed")),
            **below("_checkouts/checked", rebar3("checked")),
            "eu.conf": "Europe",
            "rebar.lock": '{"1.2.0",[{<<"packed">>,{pkg,<<"packed">>,<<"1.0.0">>},0}]}.\n',
        },
    )
    repository(source / "gitted.git", rebar3("gitted"))
    project = f'name = "shop"\nrelease = "till"\ntool = "rebar3"\nsource = "{source}"\nprofile = "prod,eu"'
    declared = declare(tmp_path, project, NO_NETWORK)
    build(engine, declared)
    write(source, {"src/shop.erl": "-module(shop).\n-export([name/0]).\nname() -> packed:name().\n"})
    built = build(engine, declared)
    assert {"shop", "gitted", "packed", "checked"} <= libraries(built)
    assert "app/etc/place.conf" in {entry.path for entry in built.manifest().entries}
    told_of_another_release(engine, declare(tmp_path, project.replace("till", "gone"), NO_NETWORK))
