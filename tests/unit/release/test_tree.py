"""Which files of a release go into a tree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from beamwright.errors import BuildError
from beamwright.release import tree
from beamwright.release.release import Release

Contents = Callable[[], dict[str, Path]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A release in a build's folder, beside which there is a secret."""
    folder = tmp_path / "release/shop"
    for name in ("lib/shop-1/priv/v1/a", "etc/shop.conf"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(name)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/stripe").write_text("sk_live")
    return folder


@pytest.fixture
def contents(folder: Path, tmp_path: Path) -> Contents:
    """What of it goes into a tree, by path in it."""
    node = tmp_path / "node/ebin"
    node.mkdir(parents=True)
    (node / "beamwright_node.app").write_text('{application, beamwright_node, [{vsn, "1.0.0"}]}.')
    release = Release(folder, "shop", "1", "15", (("shop", "1"),))
    return lambda: {
        path.removeprefix("app/"): file
        for path, file in tree.contents(release, node).items()
        if "beamwright_node" not in path
    }


@pytest.mark.parametrize("absolute", [False, True], ids=["relative", "absolute"])
@pytest.mark.parametrize("name", ["lib/shop-1/priv/table.dat", "etc/table.dat"])
def test_a_link_out_of_the_release_is_refused(
    folder: Path, contents: Contents, name: str, absolute: bool
) -> None:
    secret = folder.parent.parent / "secrets/stripe"
    up = "/".join([".."] * (len(Path(name).parts) + 1))
    (folder / name).symlink_to(secret if absolute else f"{up}/secrets/stripe")
    assert (folder / name).read_text() == "sk_live"
    with pytest.raises(BuildError, match=f"shop/{name} leads out of the release, to {secret}"):
        contents()


def test_a_link_to_a_link_out_of_the_release_is_refused(folder: Path, contents: Contents) -> None:
    """The first is no file of the tree: it is in src, which stays."""
    (folder / "lib/shop-1/src").symlink_to(folder.parent.parent / "secrets")
    (folder / "lib/shop-1/priv/b").symlink_to("../src/stripe")
    with pytest.raises(BuildError, match="priv/b leads out of the release"):
        contents()


def test_a_link_out_of_what_is_compiled_beside_the_release_is_refused(
    folder: Path, contents: Contents, tmp_path: Path
) -> None:
    (tmp_path / "node/ebin/table.dat").symlink_to(tmp_path / "secrets/stripe")
    with pytest.raises(BuildError, match=r"node/ebin/table\.dat leads out of the release"):
        contents()


def test_links_among_the_files_of_the_release_are_what_they_point_to(
    folder: Path, contents: Contents
) -> None:
    (folder / "lib/shop-1/priv/now").symlink_to("v1")
    (folder / "lib/shop-1/priv/a").symlink_to("now/a")
    (folder / "lib/shop-1/priv/shop.conf").symlink_to("../../../etc/shop.conf")
    found = {path: file.read_text() for path, file in contents().items()}
    assert found == {
        "lib/shop-1/priv/v1/a": "lib/shop-1/priv/v1/a",
        "lib/shop-1/priv/a": "lib/shop-1/priv/v1/a",
        "lib/shop-1/priv/shop.conf": "etc/shop.conf",
        "etc/shop.conf": "etc/shop.conf",
    }


def test_what_is_not_shipped_may_lead_anywhere_and_what_leads_nowhere_is_not_shipped(
    folder: Path, contents: Contents
) -> None:
    before = contents()
    (folder / "lib/shop-1/include").mkdir()
    (folder / "lib/shop-1/include/shop.hrl").symlink_to("../../../../../secrets/stripe")
    (folder / "lib/shop-1/priv/uploads").symlink_to(folder.parent)
    (folder / "lib/shop-1/priv/jquery.js").symlink_to("../../../../../share/javascript/jquery.js")
    assert contents() == before


def test_a_link_that_leads_nowhere_in_whatever_way_is_left_out(folder: Path, contents: Contents) -> None:
    priv = folder / "lib/shop-1/priv"
    (priv / "own").write_text("")
    for name, to in (("gone", "gone.dat"), ("itself", "itself"), ("below", "own/file")):
        (priv / name).symlink_to(to)
    assert {path.rpartition("/")[2] for path in contents() if "/priv/" in path} == {"a", "own"}
