"""The wheel: installed into an empty venv, used in an empty folder, by the name of its program."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.docker]

ROOT = Path(__file__).resolve().parents[2]


def run(*argv: str | Path, cwd: Path) -> str:
    """What the program prints; the test fails when it ends with an error."""
    result = subprocess.run([str(arg) for arg in argv], cwd=cwd, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_an_installed_wheel_starts_a_project_and_builds_it(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    run("git", "clone", "--quiet", "--no-hardlinks", ROOT, clone, cwd=tmp_path)
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", venv, cwd=tmp_path)
    run(venv / "bin/pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, clone, cwd=tmp_path)
    run(venv / "bin/pip", "install", "--quiet", *tmp_path.glob("*.whl"), cwd=tmp_path)
    shutil.rmtree(clone)

    project = tmp_path / "depot"
    shutil.copytree(
        ROOT / "examples/depot", project, ignore=shutil.ignore_patterns("_build", "fleet.toml", "dist")
    )
    beamwright = venv / "bin/beamwright"
    assert "deploy" in run(beamwright, "--list", cwd=project)
    run(beamwright, "init", cwd=project)
    report = json.loads(run(beamwright, "build", "--json", cwd=project))
    assert report["name"] == "depot"
    assert {each["kind"] for each in report["artifacts"]} == {"tarball", "oci"}
    assert all(Path(each["path"]).is_file() for each in report["artifacts"])
