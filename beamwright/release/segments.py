"""Takes the padding between the segments out of an ELF file: Debian's beam.smp is to 46 % zeros.

A linker that is told of huge pages begins every segment at 2 MB in the file as well as in memory. Loaders
ask for less: that both agree modulo the size of a page. So segments move in the file and nowhere in memory;
no address, no relocation and no symbol changes. What it costs: the kernel can't map such a file by huge
pages (READ_ONLY_THP_FOR_FS), which hardly counts for a VM that runs code of its own JIT.

Source: elf(5); ELF-64 Object File Format 1.5, Program Loading of the System V ABI.
"""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass, replace

PAGE = {62: 0x1000}
"""e_machine → the size of a page, where all kernels have the same: arm64 has 4, 16 or 64 kB."""

_LITTLE_ENDIAN_64 = b"\x7fELF\x02\x01"
_LOAD, _NOBITS = 1, 8
_PROGRAM = struct.Struct("<IIQQQQQQ")
_SECTION = struct.Struct("<IIQQQQIIQQ")


@dataclass(frozen=True)
class Span:
    """A part of the file, [start, end), and where it begins afterwards."""

    start: int
    end: int
    to: int


def squeeze(file: bytes) -> bytes:
    """The same program or library without padding; as it is where the layout is not one known to be safe."""
    header = _Header.read(file)
    page = PAGE.get(header.machine, 0) if header else 0
    if header is None or not page:
        return file
    try:
        loads = [each for each in header.segments(file) if each.type == _LOAD and each.filesz]
        if max((each.align for each in loads), default=0) <= page or not _only_padding_between(file, loads):
            return file
        spans = _pack(loads, page, len(file))
        return _write(file, spans, header.moved(file, _Offsets(spans), page))
    except (LookupError, OverflowError, struct.error):
        return file


@dataclass(frozen=True)
class _Segment:
    """A program header."""

    type: int
    flags: int
    offset: int
    vaddr: int
    paddr: int
    filesz: int
    memsz: int
    align: int


@dataclass(frozen=True)
class _Offsets:
    """Where what stands at an offset of the file stands afterwards."""

    spans: tuple[Span, ...]

    def __call__(self, offset: int, size: int) -> int:
        """LookupError when it is not whole in one part."""
        for span in reversed(self.spans):
            if span.start <= offset and offset + size <= span.end:
                return span.to + offset - span.start
        raise LookupError(offset)


@dataclass(frozen=True)
class _Header:
    """Where the tables of the file are: (offset, number of entries) each."""

    machine: int
    programs: tuple[int, int]
    sections: tuple[int, int]

    @classmethod
    def read(cls, file: bytes) -> _Header | None:
        """None for all but 64-bit little-endian ELF files with entries of the standard's size."""
        if not file.startswith(_LITTLE_ENDIAN_64) or len(file) < 64:
            return None
        programs, sections = struct.unpack_from("<QQ", file, 0x20)
        program_size, program_count, section_size, section_count = struct.unpack_from("<HHHH", file, 0x36)
        if program_size != _PROGRAM.size or section_size != _SECTION.size:
            return None
        (machine,) = struct.unpack_from("<H", file, 0x12)
        return cls(machine, (programs, program_count), (sections, section_count))

    def segments(self, file: bytes) -> list[_Segment]:
        """The program headers in their order."""
        start, count = self.programs
        return [_Segment(*_PROGRAM.unpack_from(file, start + each * _PROGRAM.size)) for each in range(count)]

    def moved(self, file: bytes, offsets: _Offsets, page: int) -> list[tuple[int, bytes]]:
        """What is to be written over the moved parts: (offset afterwards, bytes).

        LookupError when a header names something that stands outside of the moved parts.
        """
        start, count = self.sections
        at = offsets(start, count * _SECTION.size)
        written = [(0x28, struct.pack("<Q", at))]
        for number in range(count):
            section = list(_SECTION.unpack_from(file, start + number * _SECTION.size))
            section[4] = offsets(section[4], 0 if section[1] == _NOBITS else section[5])
            written.append((at + number * _SECTION.size, _SECTION.pack(*section)))
        for number, segment in enumerate(self.segments(file)):
            to = offsets(segment.offset, segment.filesz) if segment.filesz else segment.offset
            align = min(segment.align, page) if segment.type == _LOAD else segment.align
            entry = replace(segment, offset=to, align=align)
            fields = (entry.type, entry.flags, entry.offset, entry.vaddr, entry.paddr)
            packed = _PROGRAM.pack(*fields, entry.filesz, entry.memsz, entry.align)
            written.append((self.programs[0] + number * _PROGRAM.size, packed))
        return written


def _only_padding_between(file: bytes, loads: list[_Segment]) -> bool:
    """Whether the segments begin with the file's header, follow each other, and zeros lie between them."""
    if loads[0].offset != 0:
        return False
    gaps = [(one.offset + one.filesz, two.offset) for one, two in itertools.pairwise(loads)]
    return all(end <= start and not file[end:start].strip(b"\0") for end, start in gaps)


def _pack(loads: list[_Segment], page: int, size: int) -> tuple[Span, ...]:
    """The segments one after the other, each where its address modulo the page wants it; then the rest."""
    spans: list[Span] = []
    at = 0
    for load in loads:
        at += (load.vaddr - at) % page
        spans.append(Span(load.offset, load.offset + load.filesz, at))
        at += load.filesz
    rest = spans[-1].end
    return (*spans, Span(rest, size, at + (rest - at) % 16))


def _write(file: bytes, spans: tuple[Span, ...], tables: list[tuple[int, bytes]]) -> bytes:
    last = spans[-1]
    moved = bytearray(last.to + last.end - last.start)
    for span in spans:
        moved[span.to : span.to + span.end - span.start] = file[span.start : span.end]
    for at, data in tables:
        moved[at : at + len(data)] = data
    return bytes(moved)
