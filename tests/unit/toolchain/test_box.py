"""How a box hears its commands."""

from __future__ import annotations

from pathlib import Path

from beamwright.toolchain.box import _lines
from beamwright.toolchain.container import binds


def test_lines_are_put_together_from_pieces_of_any_size() -> None:
    text = "eins\r\nzwei\n\nümlaut".encode()
    for size in range(1, len(text)):
        pieces = [text[start : start + size] for start in range(0, len(text), size)]
        assert list(_lines(iter(pieces))) == ["eins", "zwei", "", "ümlaut"]


def test_mounts_are_read_only_unless_said_otherwise() -> None:
    mounts = ((Path("/a"), "/source", False), (Path("/b"), "/project", True))
    assert [(each["Source"], each["Target"], each["ReadOnly"]) for each in binds(mounts)] == [
        ("/a", "/source", True),
        ("/b", "/project", False),
    ]
    assert {each["Type"] for each in binds(mounts)} == {"bind"}
