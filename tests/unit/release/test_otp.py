"""An OTP on this machine: where it is, and where it believes to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from beamwright.errors import ConfigError
from beamwright.release.otp import find


def installed(root: Path, script: str) -> Path:
    """The root of an OTP whose `erl` is this script."""
    for name, text in (("bin/erl", script), ("releases/27/OTP_VERSION", "27.3.4\n")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize("line", ['ROOTDIR="/opt/otp/27"', "    ROOTDIR=/opt/otp/27", "ROOTDIR='x'"])
def test_it_appears_where_its_script_says(tmp_path: Path, line: str) -> None:
    found = find(installed(tmp_path, f"#!/bin/sh\n{line}\nROOTDIR=$ERL_ROOTDIR\n"))
    assert found.home == (str(tmp_path) if "'" in line else "/opt/otp/27")
    assert found.version == "27.3.4"


def test_the_prefix_of_make_install_will_do(tmp_path: Path) -> None:
    installed(tmp_path / "lib/erlang", "")
    assert find(tmp_path).folder == tmp_path / "lib/erlang"


def test_what_is_no_otp_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no bin/erl"):
        find(tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/erl").write_text("")
    with pytest.raises(ConfigError, match="is not installed as a whole"):
        find(tmp_path)
