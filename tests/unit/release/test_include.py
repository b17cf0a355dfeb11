"""Files of the project that go along with the release."""

from __future__ import annotations

from pathlib import Path

import pytest

from beamwright.errors import BuildError, ConfigError
from beamwright.release.include import find, join


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a fleet file's neighbours."""
    folder = tmp_path / "project"
    for name in ("ops/ca.pem", "ops/deep/list.txt", "secrets/cookie", "zone"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / "ops/link").symlink_to("../zone")
    return folder


def test_a_folder_goes_with_all_that_is_in_it(project: Path) -> None:
    found = find(project, ("ops", "zone"), (project / "secrets",))
    assert set(found) == {"app/ops/ca.pem", "app/ops/deep/list.txt", "app/ops/link", "app/zone"}
    assert found["app/ops/link"].read_text() == "zone"


@pytest.mark.parametrize("name", ["secrets", "secrets/cookie", "again/cookie"])
def test_what_is_private_stays(project: Path, name: str) -> None:
    (project / "again").symlink_to("secrets")
    with pytest.raises(ConfigError, match="is not to be shipped"):
        find(project, (name,), (project / "secrets",))


def test_what_another_key_names_as_secret_stays_in_a_folder_too(project: Path) -> None:
    (project / "ops/loop").symlink_to("loop")
    with pytest.raises(ConfigError, match=r"ops/deep/list\.txt is not to be shipped"):
        find(project, ("ops/deep",), (project / "ops/loop", project / "ops/deep/list.txt"))


def test_what_is_not_there_is_told(project: Path) -> None:
    with pytest.raises(ConfigError, match=r"artifact.include: there is no ops/cert.pem"):
        find(project, ("ops/cert.pem",), ())


def test_a_link_leads_nowhere_else(project: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("")
    (project / "ops/out").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="ops/out is a link out of"):
        find(project, ("ops",), ())


def test_the_releases_own_files_stay() -> None:
    with pytest.raises(BuildError, match="the release has a file app/ops/a already"):
        join({"app/ops/a": Path("/1")}, {"app/ops/a": Path("/2")})
    assert set(join({"app/a": Path("/1")}, {"app/b": Path("/2")})) == {"app/a", "app/b"}
