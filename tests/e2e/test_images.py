"""Tools that are not ours read the images: what they find in them is what was built."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from beamwright.artifact import Artifact, reports
from beamwright.artifact.manifest import scan
from beamwright.artifact.push import locate, push
from beamwright.artifact.report import Report
from beamwright.command import Secret
from beamwright.transport import Registry
from tests.contract import registries

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(
        not shutil.which("skopeo") or not shutil.which("umoci"),
        reason="`script/setup` installs skopeo and umoci",
    ),
]


def run(*argv: str | Path) -> str:
    """Runs a tool; what it prints on standard error is the failure."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def digest(report: Report, kind: str) -> str:
    return next(each.digest for each in report.artifacts if each.kind == kind)


def configuration(image: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("skopeo", "inspect", "--config", image))
    return found


def test_skopeo_finds_the_digests_of_the_report_and_the_configuration(built: Artifact) -> None:
    report = reports.read(built.folder)
    seen = json.loads(run("skopeo", "inspect", f"oci-archive:{built.oci}"))
    assert seen["Digest"] == digest(report, "oci")
    assert seen["Layers"] == [layer.compressed[0].digest for layer in report.layers]
    assert seen["Labels"]["org.opencontainers.image.version"] == built.version
    config: dict[str, Any] = json.loads(
        run("skopeo", "inspect", "--config", f"docker-archive:{built.docker}")
    )
    assert config == json.loads(run("skopeo", "inspect", "--config", f"oci-archive:{built.oci}"))
    assert config["rootfs"]["diff_ids"] == [layer.diff_id for layer in report.layers]
    assert config["config"]["User"] == "65532:65532"
    assert config["config"]["ExposedPorts"] == {"8080/tcp": {}}


def test_umoci_unpacks_what_the_manifest_lists(built: Artifact, tmp_path: Path) -> None:
    # umoci 0.4 reads gzip alone; skopeo, which reads both, checks every layer's digest on the way.
    layout = f"{tmp_path}/oci:{built.version}"
    gzip = ("--dest-compress", "--dest-compress-format", "gzip")
    run("skopeo", "copy", "--quiet", *gzip, f"oci-archive:{built.oci}", f"oci:{layout}")
    rootless = ("--rootless",) if os.getuid() else ()
    run("umoci", "unpack", *rootless, "--image", layout, tmp_path / "bundle")
    assert scan(tmp_path / "bundle/rootfs") == built.manifest().entries
    config = json.loads((tmp_path / "bundle/config.json").read_text())
    assert config["process"]["user"] == {"uid": 65532, "gid": 65532}


def test_a_registry_has_the_image_that_was_built(built: Artifact, tmp_path: Path) -> None:
    report, login = reports.read(built.folder), (registries.USER, Secret(registries.PASSWORD))
    with registries.registry(tmp_path, registries.certify(tmp_path)) as running:
        reference = locate(f"{running.host}/team/{built.name}", "", built.version)
        with Registry(running.host, reference.repository, login, running.ca) as registry:
            pushed = push(report, registry, reference, lambda _: None)
            assert pushed.digest == registry.manifest_digest(built.version) == digest(report, "oci")
        (tmp_path / "ca").mkdir()
        shutil.copy(running.ca, tmp_path / "ca/ca.crt")
        login_flags = ("--src-creds", f"{registries.USER}:{registries.PASSWORD}")
        flags = ("--quiet", "--preserve-digests", *login_flags, "--src-cert-dir", tmp_path / "ca")
        run("skopeo", "copy", *flags, f"docker://{reference}", f"dir:{tmp_path / 'pulled'}")
        names = {path.name for path in (tmp_path / "pulled").iterdir()}
        assert {layer.compressed[0].digest.removeprefix("sha256:") for layer in report.layers} <= names
