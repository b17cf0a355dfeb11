"""A locale without its transliteration."""

from __future__ import annotations

import struct

import pytest

from beamwright.release.locale import without_transliteration

HEAD = 8 + 4 * 67


def _locale(magic: int = 0x20090720, first: int = HEAD + 8) -> bytes:
    """61 items of one word, a count of two rules, four tables of eight bytes, one item more."""
    offsets = [HEAD] * 61 + [HEAD + 4, first, HEAD + 16, HEAD + 24, HEAD + 32, HEAD + 40]
    head = struct.pack("<II67I", magic, 67, *offsets)
    return head + b"kind" + struct.pack("<I", 2) + b"abcdefgh" * 4 + b"last"


def test_the_rules_go_and_all_else_stays() -> None:
    file = _locale()
    assert without_transliteration(file) == file[: HEAD + 4] + bytes(36) + b"last"


@pytest.mark.parametrize(
    "file",
    [b"", b"\x20\x07\x09\x20", _locale(magic=0x20090721), _locale(first=1 << 30), _locale()[: HEAD + 20]],
    ids=["empty", "a head only", "another category", "tables out of order", "cut off"],
)
def test_what_is_not_known_stays_as_it_is(file: bytes) -> None:
    assert without_transliteration(file) == file
