"""Padding between segments goes, and the program that the kernel runs stays the same."""

from __future__ import annotations

import platform
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from beamwright.release.segments import squeeze

HUGE = 0x200000
SAID = b"the data segment is where it was\n"
EXIT = 7
TEXT, DATA = 0x600000, 0x9F98B0
"""Addresses; that of the data has the same odd place in its page as in Debian's beam.smp."""


def program(gap: bytes = b"\0", machine: int = 62) -> bytes:
    """An amd64 program with every segment at 2 MB in the file: prints SAID, ends with EXIT."""
    code = b"\xb8\x01\0\0\0\xbf\x01\0\0\0"  # mov eax, SYS_write; mov edi, 1
    code += b"\x48\x8d\x35" + struct.pack("<i", DATA - (TEXT + len(code) + 7))  # lea rsi, [rip + data]
    code += b"\xba" + struct.pack("<I", len(SAID)) + b"\x0f\x05"  # mov edx, length; syscall
    code += (
        b"\xb8\x3c\0\0\0\xbf" + struct.pack("<I", EXIT) + b"\x0f\x05"
    )  # mov eax, SYS_exit; mov edi; syscall
    segments = [(5, HUGE, TEXT, code), (6, HUGE + 0x1F98B0, DATA, SAID)]
    headers = [(4, 0, 0x400000, 64 + 3 * 56)] + [
        (flags, at, to, len(data)) for flags, at, to, data in segments
    ]
    sections = segments[-1][1] + len(SAID) + 7
    file = bytearray(gap * (sections + 64))
    file[sections:] = bytes(64)
    file[:64] = struct.pack(
        "<16sHHIQQQIHHHHHH",
        *(b"\x7fELF\x02\x01\x01", 2, machine, 1, TEXT, 64, sections, 0, 64, 56, 3, 64, 1, 0),
    )
    for number, (flags, at, to, size) in enumerate(headers):
        entry = struct.pack("<IIQQQQQQ", 1, flags, at, to, to, size, size, HUGE)
        file[64 + number * 56 : 64 + (number + 1) * 56] = entry
    for _, at, _, data in segments:
        file[at : at + len(data)] = data
    return bytes(file)


def memory(file: bytes) -> list[tuple[int, bytes]]:
    """What a loader puts where: address and bytes of every segment."""
    (count,) = struct.unpack_from("<H", file, 0x38)
    found = []
    for number in range(count):
        _, _, offset, address, _, size, _, _ = struct.unpack_from("<IIQQQQQQ", file, 64 + number * 56)
        found.append((address, file[offset : offset + size]))
    return found


def test_two_megabytes_of_padding_become_a_page() -> None:
    before = program()
    after = squeeze(before)
    assert len(before) > 3_900_000 and len(after) < 0x3000
    (table,) = struct.unpack_from("<Q", after, 0x28)
    assert len(after) == table + 64
    # The first segment holds the headers themselves, which are what changed.
    assert memory(after)[1:] == memory(before)[1:]


def test_offsets_agree_with_addresses_modulo_the_page_that_the_file_asks_for() -> None:
    after = squeeze(program())
    for number in range(3):
        _, _, offset, address, _, _, _, align = struct.unpack_from("<IIQQQQQQ", after, 64 + number * 56)
        assert align == 0x1000 and (address - offset) % align == 0


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the program is one for amd64")
@pytest.mark.parametrize("squeezed", [False, True])
def test_the_kernel_runs_it(tmp_path: Path, squeezed: bool) -> None:
    path = tmp_path / "program"
    path.write_bytes(squeeze(program()) if squeezed else program())
    path.chmod(0o755)
    done = subprocess.run([path], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (EXIT, SAID)


@pytest.mark.parametrize(
    "file",
    [
        program(gap=b"\x90"),
        program(machine=183),
        squeeze(program()),
        program()[:100],
        b"\x7fELF\x01\x01" + bytes(60),
        b"#!/bin/sh\n",
        b"",
    ],
    ids=["no padding", "arm64, pages of many sizes", "done before", "torn", "32 bits", "no program", "empty"],
)
def test_what_is_not_known_to_be_safe_is_left_alone(file: bytes) -> None:
    assert squeeze(file) == file


@given(at=st.integers(0, 64 + 3 * 56 - 1), value=st.integers(0, 255))
@example(at=39, value=128)
@settings(deadline=None)  # a busy machine is no bug
def test_a_broken_header_is_no_reason_to_break_down(at: int, value: int) -> None:
    file = bytearray(program())
    file[at] = value
    squeeze(bytes(file))
