"""The licences that a project states."""

from __future__ import annotations

from pathlib import Path

import pytest

from beamwright.artifact.licences import licences


@pytest.mark.parametrize(
    ("tool", "file", "text", "found"),
    [
        ("mix", "mix.exs", 'package: [licenses: ["Apache-2.0"], links: %{}]', "Apache-2.0"),
        ("mix", "mix.exs", 'licenses: ["MIT", "BSD-3-Clause"]', "BSD-3-Clause AND MIT"),
        ("mix", "mix.exs", 'licenses: ["our own words", "MIT"]', "MIT"),
        ("mix", "mix.exs", "def project, do: [app: :hello]", ""),
        ("rebar3", "src/x.app.src", '{licenses, ["MPL-2.0"]},', "MPL-2.0"),
        ("rebar3", "apps/x/src/x.app.src", '{ licenses , ["MIT"]}', "MIT"),
        ("rebar3", "src/x.app.src", "{application, x, []}.", ""),
    ],
)
def test_they_are_an_spdx_expression(tmp_path: Path, tool: str, file: str, text: str, found: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text)
    assert licences(tmp_path, tool) == found
