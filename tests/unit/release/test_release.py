"""What of a release goes into a tree, and which releases can't become one."""

from __future__ import annotations

from pathlib import Path

import pytest

from beamwright.errors import BuildError
from beamwright.fleet.model import Project
from beamwright.release.release import leads, own_applications, read, wanted


@pytest.fixture
def release(tmp_path: Path) -> Path:
    for folder in ("erts-15.2/bin", "lib/kernel-10.2", "lib/rabbit_common-4.0.5", "releases/1.0"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "releases/start_erl.data").write_text("15.2 1.0")
    (tmp_path / "releases/1.0/courier.rel").write_text("")
    (tmp_path / "releases/1.0/sys.config").write_text("[].")
    for boot in ("start.boot", "start_clean.boot"):
        (tmp_path / "releases/1.0" / boot).write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "shipped"),
    [
        ("bin/courier", False),
        ("erts-15.2/bin/beam.smp", True),
        ("erts-15.2/bin/epmd", False),
        ("erts-15.2/include/erl_nif.h", False),
        ("lib/kernel-10/ebin/kernel.beam", True),
        ("lib/kernel-10/ebin/kernel.app", True),
        ("lib/kernel-10/include/file.hrl", False),
        ("lib/kernel-10/src/kernel.erl", False),
        ("lib/crypto-5/priv/lib/crypto.so", True),
        ("lib/crypto-5/priv/lib/otp_test_engine.so", False),
        ("lib/app-1/priv/native/nif.c", False),
        ("lib/app-1/priv/repo/migrations/1.exs", True),
        ("lib/app-1/priv/static/index.html", True),
        ("releases/COOKIE", False),
        ("releases/start_erl.data", True),
        ("releases/1.0/runtime.exs", True),
        ("releases/1.0/consolidated/Elixir.Enumerable.beam", True),
        ("releases/1.0/vm.args", False),
        ("releases/1.0/env.sh", False),
        ("etc/overlay.conf", True),
    ],
)
def test_a_tree_holds_what_a_running_node_uses(path: str, shipped: bool) -> None:
    assert wanted(path) is shipped


@pytest.mark.parametrize(
    "path", ["releases", "releases/start_erl.data", "releases/1.0", "releases/1.0/vm.args", "lib", "bin/tool"]
)
def test_what_is_read_of_a_release_is_its_own(
    release: Path, path: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (release / "releases/1.0/vm.args").write_text("-name a")
    (release / "bin").mkdir()
    (release / "bin/tool").write_text("")
    outside = tmp_path_factory.mktemp("host") / "secret"
    (release / path).rename(outside)
    (release / path).symlink_to(outside)
    with pytest.raises(BuildError, match=f"{path}.* leads out of the release, to {outside}"):
        read(release, "courier")


def test_a_release_is_no_link_itself(release: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    link = tmp_path_factory.mktemp("build") / "courier"
    link.symlink_to(release)
    with pytest.raises(BuildError, match=f"courier leads out of the release, to {release}"):
        read(link, "courier")


def test_a_release_may_be_in_a_folder_that_is_a_link(release: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.symlink_to(release.parent)
    assert read(elsewhere / release.name, "courier").version == "1.0"


def test_a_release_says_who_it_is(release: Path) -> None:
    found = read(release, "courier")
    assert (found.version, found.erts) == ("1.0", "15.2")
    assert found.applications == (("kernel", "10.2"), ("rabbit_common", "4.0.5"))


@pytest.mark.parametrize("text", ["", "15.2", "15.2 1.0 more", "15.2 ../../1.0", "../15.2 1.0", "15.2 .."])
def test_versions_that_are_no_names_of_folders_are_refused(release: Path, text: str) -> None:
    (release / "releases/start_erl.data").write_text(text)
    with pytest.raises(BuildError, match="names no two versions"):
        read(release, "courier")


def test_what_is_no_application_in_lib_is_passed_over(release: Path) -> None:
    (release / "lib/README").write_text("")
    assert read(release, "courier").applications == (("kernel", "10.2"), ("rabbit_common", "4.0.5"))


def test_another_release_than_the_asked_one_is_refused_by_name(release: Path) -> None:
    with pytest.raises(BuildError, match="depot is not in the project, courier is"):
        read(release, "depot")


@pytest.mark.parametrize(
    ("name", "content"),
    [("vm.args.src", ""), ("sys.config.src", ""), ("sys.config", "%% RUNTIME_CONFIG=true\n[].")],
)
def test_what_wants_a_start_script_of_mix_or_relx_is_refused(release: Path, name: str, content: str) -> None:
    (release / "releases/1.0" / name).write_text(content)
    with pytest.raises(BuildError) as caught:
        read(release, "courier")
    assert caught.value.hint


@pytest.mark.parametrize("name", ["start.boot", "start_clean.boot", "sys.config"])
def test_a_release_that_can_not_start_is_refused(release: Path, name: str) -> None:
    (release / "releases/1.0" / name).unlink()
    with pytest.raises(BuildError, match=f"holds no releases/1.0/{name}"):
        read(release, "courier")


def test_a_release_without_erts_is_refused(release: Path) -> None:
    (release / "erts-15.2/bin").rmdir()
    (release / "erts-15.2").rmdir()
    with pytest.raises(BuildError, match="no ERTS"):
        read(release, "courier")


def test_the_projects_own_applications_are_told_from_its_dependencies(tmp_path: Path) -> None:
    (tmp_path / "apps/web").mkdir(parents=True)
    (tmp_path / "mix.exs").write_text("[app: :shop, deps: [{:jason, app: false}]]")
    (tmp_path / "apps/web/mix.exs").write_text("[\n  app: :web,\n]")
    assert own_applications(Project("shop", tmp_path, "mix", "shop", "prod", tmp_path)) == {"shop", "web"}
    (tmp_path / "apps/depot/src").mkdir(parents=True)
    (tmp_path / "apps/depot/src/depot.app.src").write_text("")
    assert own_applications(Project("depot", tmp_path, "rebar3", "depot", "prod", tmp_path)) == {"depot"}


def test_where_nobody_may_look_something_may_be() -> None:
    def closed(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    assert leads(Path("priv/b"), closed)
    assert not leads(Path("priv/b"), lambda _: False)
