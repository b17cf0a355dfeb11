"""RabbitMQ's artifact in its cache: made once, found again, gone when nobody wants it any more."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from beamwright.artifact import sidecar
from beamwright.errors import ConfigError
from beamwright.release.digest import of_file

TOLD = f"""\
distribution\tdebian\ttrixie
from\tusr/lib/erlang/erts-15.2/bin/beam.smp\terlang-base
package\terlang-base\t1:27.3\tamd64\terlang\t1:27.3
archive\terlang-base\t{"a" * 64}
licence\terlang-base\tApache-2.0
"""


class Maker:
    """Fills a root file system with what the manifest is read from, and counts how often."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, recipe: Path, sources: Path, target: Path) -> str:
        self.made += 1
        erlang = target / "usr/lib/erlang"
        (erlang / "erts-15.2/bin").mkdir(parents=True)
        # Any ELF program tells the machine that it is for.
        shutil.copy(Path(sys.executable).resolve(), erlang / "erts-15.2/bin/beam.smp")
        (erlang / "releases/27").mkdir(parents=True)
        (erlang / "releases/27/OTP_VERSION").write_text("27.3\n")
        (target / "usr/lib/rabbitmq/lib/rabbitmq_server-4.0.5").mkdir(parents=True)
        return TOLD


def test_it_is_made_once_and_found_again(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        sidecar.find(tmp_path, tmp_path)
    make = Maker()
    made = sidecar.build(make, tmp_path, print)
    assert (made.name, made.version) == ("rabbitmq", "4.0.5")
    assert sidecar.build(make, tmp_path, print) == made
    assert make.made == 1
    found = sidecar.find(tmp_path, tmp_path / "dist")
    assert replace(found, signature=None) == made
    assert found.signature == tmp_path / f"dist/rabbitmq-{made.release_id}.sig"


def test_its_manifest_names_what_is_in_it_and_what_it_was_made_from(tmp_path: Path) -> None:
    made = sidecar.build(Maker(), tmp_path, print)
    sbom, provenance = made.folder / "sbom.cdx.json", made.folder / "provenance.json"
    assert (made.manifest().sbom, made.manifest().provenance) == (of_file(sbom), of_file(provenance))
    parts = {part["name"]: part for part in json.loads(sbom.read_text())["components"]}
    erlang = parts["erlang-base"]
    assert erlang["purl"] == "pkg:deb/debian/erlang-base@1:27.3?arch=amd64&distro=trixie&upstream=erlang"
    assert erlang["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    assert [file["name"] for file in erlang["components"]] == ["usr/lib/erlang/erts-15.2/bin/beam.smp"]
    # No package has brought this one, and it is not Beamwright's.
    assert parts["usr/lib/erlang/releases/27/OTP_VERSION"]["type"] == "file"
    statement = json.loads(provenance.read_text())
    assert {each["name"] for each in statement["subject"]} == {"tree", made.tarball.name}
    assert {
        "uri": erlang["purl"],
        "name": "erlang-base",
        "digest": {"sha256": "a" * 64},
    } in statement["predicate"]["buildDefinition"]["resolvedDependencies"]
    again = sidecar.build(Maker(), tmp_path / "other", print)
    assert (again.folder / sbom.name).read_bytes() == sbom.read_bytes()


def test_one_that_no_build_asked_for_in_a_long_time_goes(tmp_path: Path) -> None:
    make = Maker()
    made = sidecar.build(make, tmp_path, print)
    other, forgotten = tmp_path / "rabbitmq-other", tmp_path / "rabbitmq-forgotten"
    long_ago = time.time() - sidecar.KEPT_SECONDS - 1
    for folder in (other, forgotten):
        folder.mkdir()
    for folder in (made.folder, forgotten):
        os.utime(folder, (long_ago, long_ago))
    sidecar.build(make, tmp_path, print)
    assert {path.name for path in tmp_path.iterdir()} == {made.folder.name, other.name}
    assert make.made == 1


def test_a_root_that_can_not_be_made_leaves_nothing(tmp_path: Path) -> None:
    def fail(recipe: Path, sources: Path, target: Path) -> str:
        (target / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sidecar.build(fail, tmp_path, print)
    assert list(tmp_path.iterdir()) == []
