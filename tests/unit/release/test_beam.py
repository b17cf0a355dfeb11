"""What of a beam file is shipped, and in which form."""

from __future__ import annotations

import gzip
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beamwright.release.beam import opens_nif, strip


def beam(*chunks: tuple[bytes, bytes]) -> bytes:
    """A beam file of the chunks."""
    parts = b"".join(
        name + struct.pack(">I", len(data)) + data + bytes(-len(data) % 4) for name, data in chunks
    )
    return b"FOR1" + struct.pack(">I", 4 + len(parts)) + b"BEAM" + parts


def literals(plain: bytes, level: int = 9) -> tuple[bytes, bytes]:
    return b"LitT", struct.pack(">I", len(plain)) + zlib.compress(plain, level)


@pytest.mark.parametrize("name", [b"AtU8", b"Code", b"Attr", b"Line", b"Type", b"Meta", b"Some"])
def test_what_a_node_can_read_is_shipped(name: bytes) -> None:
    file = beam((name, b"12345"))
    assert strip(file) == file


@pytest.mark.parametrize("name", [b"Abst", b"CInf", b"Dbgi", b"Docs", b"ExCk", b"LocT"])
def test_what_only_compilers_and_people_read_is_not(name: bytes) -> None:
    assert strip(beam((b"Code", b"1"), (name, b"23"), (b"Line", b"4"))) == beam(
        (b"Code", b"1"), (b"Line", b"4")
    )


@given(st.binary(max_size=200_000))
def test_literals_are_the_same_and_not_compressed(plain: bytes) -> None:
    stripped = strip(beam(literals(plain)))
    (size,) = struct.unpack_from(">I", stripped, 16)
    chunk = stripped[20 : 20 + size]
    if not plain:
        assert chunk[:4] == bytes(4)
        return
    assert struct.unpack_from(">I", chunk)[0] == len(plain)
    assert zlib.decompress(chunk[4:]) == plain
    assert plain[:60_000] in chunk


def test_attributes_go_where_nobody_asks_for_them() -> None:
    assert strip(beam((b"Code", b"1"), (b"Attr", b"2")), attributes=False) == beam((b"Code", b"1"))


def test_literals_that_are_not_compressed_stay_as_otp_28_writes_them() -> None:
    file = beam((b"LitT", bytes(4) + b"literals"))
    assert strip(file) == file


def test_a_compressed_beam_is_shipped_plain() -> None:
    file = beam((b"Code", b"1234"))
    assert strip(gzip.compress(file)) == file


def test_a_stripped_beam_strips_to_itself() -> None:
    once = strip(beam((b"Dbgi", b"1"), literals(b"abc" * 50_000)))
    assert strip(once) == once


def test_what_is_no_beam_is_refused() -> None:
    with pytest.raises(ValueError, match="no beam"):
        strip(b"")


def test_modules_that_may_open_a_library_are_known_by_their_atoms() -> None:
    assert opens_nif(beam((b"AtU8", b"\x08load_nif")))
    assert not opens_nif(beam((b"AtU8", b"\x05lists")))


@pytest.mark.parametrize("form", ["the file", "its literals"])
def test_a_stream_that_is_cut_off_or_a_bomb_is_no_beam(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = bytes(1 << 16)
    whole = gzip.compress(beam((b"Code", plain))) if form == "the file" else beam(literals(plain))
    assert strip(whole)
    monkeypatch.setattr("beamwright.release.beam._ENOUGH", len(plain) // 2)
    with pytest.raises(ValueError, match="without an end"):
        strip(whole)
