"""The reports of earlier builds: written and read back, found by time, version and folder."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from beamwright import artifact
from beamwright.artifact import reports
from beamwright.artifact.report import Report
from beamwright.errors import ConfigError
from tests.unit.artifact.reporting import report


def built(dist: Path, version: str, seconds: int, name: str = "courier") -> Path:
    """A build of that version, finished at that time."""
    folder = dist / f"{name}-{version}"
    folder.mkdir(parents=True)
    path = folder / reports.FILE
    path.write_text(replace(report(version=version, folder=folder), name=name).to_json())
    os.utime(path, (seconds, seconds))
    return folder


def test_a_report_is_read_back_as_it_was_written() -> None:
    there = report()
    assert Report.from_json(there.to_json(), there.folder) == there


def test_a_report_of_a_build_that_was_moved_is_of_where_it_is_now() -> None:
    assert Report.from_json(report().to_json(), Path("/elsewhere")) == report(folder=Path("/elsewhere"))


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"artifacts": 1}', report().to_json()[:200]])
def test_a_damaged_report(text: str) -> None:
    with pytest.raises(ConfigError, match="damaged"):
        Report.from_json(text, Path("/dist/x"))


def test_the_last_build_is_the_one_that_was_finished_last(tmp_path: Path) -> None:
    built(tmp_path, "2.0", 100)
    built(tmp_path, "1.0", 200)
    built(tmp_path, "1.0", 300, name="courier-web")
    (built(tmp_path, "3.0", 400) / reports.FILE).write_text("{")
    last = reports.last(tmp_path, "courier")
    assert last is not None
    assert last.version == "1.0"
    assert reports.newest(tmp_path, "courier") == last


def test_without_a_build_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    assert reports.earlier(tmp_path, "courier", "") is None
    with pytest.raises(ConfigError, match="no build of courier"):
        reports.newest(tmp_path, "courier")


def test_a_file_where_the_builds_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "dist").touch()
    for look in (reports.newest, artifact.find):
        with pytest.raises(ConfigError, match="there is a file where a folder has to be"):
            look(tmp_path / "dist", "courier")


def test_a_build_is_named_by_its_version_or_its_folder(tmp_path: Path) -> None:
    built(tmp_path, "1.0", 100)
    built(tmp_path, "2.0", 200)
    elsewhere = built(tmp_path / "ci", "0.9", 100)
    assert reports.earlier(tmp_path, "courier", "1.0") == reports.read(tmp_path / "courier-1.0")
    assert reports.earlier(tmp_path, "courier", str(elsewhere)) == reports.read(elsewhere)


@pytest.mark.parametrize("build", ["3.0", "/nowhere", "..", "/"])
def test_a_build_that_is_not_there(tmp_path: Path, build: str) -> None:
    built(tmp_path, "1.0", 100)
    with pytest.raises(ConfigError, match="no build") as caught:
        reports.named(tmp_path, "courier", build)
    assert caught.value.hint


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b""])
def test_the_only_build_has_a_damaged_report_and_is_named(tmp_path: Path, content: bytes) -> None:
    (built(tmp_path, "1.0", 100) / reports.FILE).write_bytes(content)
    with pytest.raises(ConfigError, match=r"courier-1\.0 is damaged"):
        reports.newest(tmp_path, "courier")
    assert reports.earlier(tmp_path, "courier", "") is None
