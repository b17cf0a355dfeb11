"""How archives are compressed: the same bytes for the same method and library, in one thread, in a stream."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal, Protocol

import zstandard

Algorithm = Literal["gzip", "zstd"]

_GZIP = 16 + zlib.MAX_WBITS
"""zlib writes gzip's header, without name and date (zlib.h, deflateInit2)."""


class Compressor(Protocol):
    """A stream in the making."""

    def compress(self, data: bytes) -> bytes:
        """Takes the next bytes; what is ready comes back."""
        ...

    def finish(self, end: bytes) -> bytes:
        """Takes the end of the archive; the rest comes back."""
        ...


@dataclass(frozen=True)
class Method:
    """An algorithm with its level."""

    algorithm: Algorithm
    level: int

    @property
    def library(self) -> str:
        """What the bytes depend on besides algorithm and level: another version may write others."""
        if self.algorithm == "gzip":
            return f"zlib {zlib.ZLIB_RUNTIME_VERSION}"
        return f"zstd {'.'.join(map(str, zstandard.ZSTD_VERSION))}"

    def open(self, size: int) -> Compressor:
        """A compressor for so many bytes, exactly."""
        return _Gzip(self.level) if self.algorithm == "gzip" else _Zstd(self.level, size)

    def __str__(self) -> str:
        return f"{self.algorithm} level {self.level}, {self.library}"


class _Gzip:
    """The end is a member of its own, so that without it another member can follow."""

    def __init__(self, level: int) -> None:
        self._stream = zlib.compressobj(level, zlib.DEFLATED, _GZIP)

    def compress(self, data: bytes) -> bytes:
        return self._stream.compress(data)

    def finish(self, end: bytes) -> bytes:
        return self._stream.flush() + gzip_member(end)


class _Zstd:
    """One frame that tells its size; knowing it, zstd takes no larger tables than it needs."""

    def __init__(self, level: int, size: int) -> None:
        self._stream = zstandard.ZstdCompressor(level).compressobj(size)

    def compress(self, data: bytes) -> bytes:
        return self._stream.compress(data)

    def finish(self, end: bytes) -> bytes:
        return self._stream.compress(end) + self._stream.flush()


def gzip_member(data: bytes) -> bytes:
    """A small gzip member of its own."""
    stream = zlib.compressobj(9, zlib.DEFLATED, _GZIP)
    return stream.compress(data) + stream.flush()
