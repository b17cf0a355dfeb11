"""The wheel: installed into an empty venv, used in an empty folder, by the name of its program."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.docker]

ROOT = Path(__file__).resolve().parents[2]


def run(*argv: str | Path, cwd: Path, **more: str) -> str:
    """What the program prints, with more in its environment; an error of it is the test's failure."""
    words, env = [str(arg) for arg in argv], {**os.environ, **more}
    result = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """The wheel, of a clone in which the node's own tests have run."""
    clone = tmp_path / "clone"
    left_out = shutil.ignore_patterns(
        ".git", ".venv", ".beamwright", ".*_cache", ".hypothesis", "dist", "_build", "__pycache__"
    )
    shutil.copytree(ROOT, clone, ignore=left_out)
    (clone / "node/_build").mkdir()
    (clone / "node/_build/left.beam").touch()
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, clone)
    run(*pip, cwd=tmp_path)
    shutil.rmtree(clone)
    return next(tmp_path.glob("*.whl"))


def test_the_wheel_holds_what_the_program_reads_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name.removeprefix("beamwright/") for name in archive.namelist()}
    for folder in ("images", "systemd", "playbooks", "node/src", "docs"):
        files = {path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc"}
        assert files
        assert {str(path.relative_to(ROOT)) for path in files} <= names
    assert "tasks.py" in names
    assert not [name for name in names if "_build" in name or name.startswith(("node/test", "tests/"))]


def test_an_installed_wheel_starts_a_project_and_builds_it(wheel: Path, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", venv, cwd=tmp_path)
    run(venv / "bin/pip", "install", "--quiet", wheel, cwd=tmp_path)

    project = tmp_path / "depot"
    shutil.copytree(
        ROOT / "examples/depot", project, ignore=shutil.ignore_patterns("_build", "fleet.toml", "dist")
    )
    beamwright = venv / "bin/beamwright"
    assert "deploy" in run(beamwright, "--list", cwd=project)
    run(beamwright, "init", cwd=project)
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.net")
    run("git", "init", "--quiet", cwd=project)
    run("git", "add", ".", cwd=project)
    run("git", *identity, "commit", "--quiet", "--message", "first", cwd=project)
    report = json.loads(run(beamwright, "build", "--json", cwd=project, SOURCE_DATE_EPOCH="1700000000"))
    assert report["name"] == "depot"
    assert report["epoch"] == 1_700_000_000
    assert report["revision"] == run("git", "rev-parse", "HEAD", cwd=project).strip()
    assert {each["kind"] for each in report["artifacts"]} == {"tarball", "oci", "docker"}
    assert all(Path(each["path"]).is_file() for each in report["artifacts"])
