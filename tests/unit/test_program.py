"""The `beamwright` program: what it makes of words that make no sense."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    argv = (sys.executable, "-m", "beamwright", *words)
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("deploy", "--batches", "1"), "--help deploy"),
        (("lock.status", "--host", "ams1"), "--help lock.status"),
        (("logs", "courier1@ams1"), "--help logs"),
        (("console",), "--help console"),
        (("deploi",), "--list"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else "",
)
def test_words_that_nobody_knows_end_with_2_and_name_the_help_of_their_task(
    words: tuple[str, ...], hint: str
) -> None:
    told = run(*words)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.splitlines()[-1] == f"hint  beamwright {hint}"
    if hint != "--list":
        assert "Options:" in run(*hint.split()).stdout
