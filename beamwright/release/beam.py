"""What of a beam file a running node reads, in the form that packs best.

Source: "The Erlang Approach to Bytecode", beam_lib(3), and the loader of OTP, erts/emulator/beam/beam_file.c.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

NOT_RUN = {b"Abst", b"CInf", b"Dbgi", b"DbgB", b"Docs", b"ExCk", b"LocT"}
"""Chunks for compilers, debuggers and people. All others stay."""

ATTRIBUTES = b"Attr"
"""What `module_info(attributes)` reads: applications do so of their own modules, release_handler too."""

_GZIP = b"\x1f\x8b"
_LARGEST = 0xFFFF
"""Bytes of a stored block of deflate (RFC 1951, 3.2.4)."""

_ENOUGH = 256 << 20
"""Bytes: a module that claims more once decompressed is a bomb."""


def strip(beam: bytes, *, attributes: bool = True) -> bytes:
    """The file without what no node reads, and with nothing in it compressed; `attributes` or without.

    An archive compresses better than each file alone, and so does a delta. ValueError when it is no beam.
    """
    plain = _inflate(beam, zlib.MAX_WBITS | 16) if beam.startswith(_GZIP) else beam
    if plain[:4] != b"FOR1" or plain[8:12] != b"BEAM":
        raise ValueError("no beam file")
    kept = b"".join(
        _chunk(name, _open_literals(data) if name == b"LitT" else data)
        for name, data in _chunks(plain)
        if name not in NOT_RUN and (attributes or name != ATTRIBUTES)
    )
    return b"FOR1" + struct.pack(">I", 4 + len(kept)) + b"BEAM" + kept


def opens_nif(beam: bytes) -> bool:
    """Whether the module may open a library as it is loaded: its atoms are plain text in a stripped file."""
    return b"load_nif" in beam


def _chunks(beam: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks in their order: name and data."""
    at = 12
    while at < len(beam):
        name, size = beam[at : at + 4], int.from_bytes(beam[at + 4 : at + 8])
        yield name, beam[at + 8 : at + 8 + size]
        at += 8 + size + -size % 4


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack(">I", len(data)) + data + bytes(-len(data) % 4)


def _open_literals(data: bytes) -> bytes:
    """The chunk LitT with its zlib stream stored; that of OTP 28 has none, which a size of 0 says."""
    if data[:4] == bytes(4):
        return data
    return data[:4] + _stored(_inflate(data[4:], zlib.MAX_WBITS))


def _inflate(data: bytes, wbits: int) -> bytes:
    """The one stream in the data, decompressed; ValueError when it is cut off or too long."""
    stream = zlib.decompressobj(wbits)
    plain = stream.decompress(data, _ENOUGH)
    if not stream.eof:
        raise ValueError("a compressed stream without an end")
    return plain


def _stored(plain: bytes) -> bytes:
    """A zlib stream of stored blocks (RFC 1950): by hand, since zlib's own cuts depend on its version."""
    blocks = [plain[at : at + _LARGEST] for at in range(0, len(plain), _LARGEST)] or [b""]
    last = len(blocks) - 1
    body = b"".join(
        struct.pack("<BHH", index == last, len(block), len(block) ^ 0xFFFF) + block
        for index, block in enumerate(blocks)
    )
    return b"\x78\x01" + body + struct.pack(">I", zlib.adler32(plain))
