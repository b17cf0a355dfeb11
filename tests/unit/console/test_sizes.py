"""Where the bytes are, and what grew, drawn for people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from beamwright.artifact import compare
from beamwright.console import sizes
from tests.unit.artifact.reporting import APPLICATIONS, LAYERS, report
from tests.unit.console.conftest import Printed

CHANGED = report(
    layers=(*LAYERS[:2], replace(LAYERS[2], unpacked_bytes=41_500)),
    applications=(*APPLICATIONS[:2], replace(APPLICATIONS[2], version="0.2.0", unpacked_bytes=41_500)),
    version="0.2.0",
)


def test_layers_and_what_is_in_them(plain: Printed) -> None:
    sizes.show_sizes(plain.screen, report())
    assert plain.out.splitlines() == [
        "courier 0.1.0                        unpacked    wire",
        "libc closure   ██████▋                 3.0 MB  1.0 MB",
        "  libc.so.6    ████▌                   2.0 MB       -",
        "  libm.so.6    ██▎                     1.0 MB       -",
        "ERTS + OTP     ████████████████████    9.0 MB  3.0 MB",
        "  erts 15.2    ███████████▏            5.0 MB       -",
        "  stdlib 6.2   ████████▉               4.0 MB       -",
        "application    ▏                      40.0 kB  9.0 kB",
        "tarball: 4.0 MB on the wire, 12.0 MB unpacked",
        "oci: 4.0 MB on the wire, 12.0 MB unpacked",
    ]


def test_the_lines_that_changed_and_the_totals(plain: Printed) -> None:
    sizes.show_changes(plain.screen, compare(report(), CHANGED))
    assert [line.split() for line in plain.out.splitlines()] == [
        ["against", "0.1.0", "unpacked", "wire"],
        ["application", "grew", "41.5", "kB", "+1.5", "kB", "9.0", "kB", "0"],
        ["courier", "0.1.0", "→", "0.2.0", "grew", "41.5", "kB", "+1.5", "kB", "-", "-"],
        ["tarball", "grew", "12.0", "MB", "+1.5", "kB", "4.0", "MB", "0"],
        ["oci", "grew", "12.0", "MB", "+1.5", "kB", "4.0", "MB", "0"],
    ]


def test_80_columns_hold_it(watched: Printed) -> None:
    named = replace(APPLICATIONS[0], name="beamwright_benchmark", version="10.11.12-rc.1")
    sizes.show_sizes(watched.screen, report(applications=(named,)))
    sizes.show_changes(watched.screen, compare(report(), report(applications=(named,))))
    lines = watched.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("  beamwright_benchmark 10.11.12-rc.1 ") for line in lines)


@pytest.mark.parametrize(
    ("count", "most", "drawn"),
    [
        (0, 0, ""),
        (0, 1, ""),
        (1, 1, "█" * 20),
        (1, 2, "█" * 10),
        (1, 160, "▏"),
        (7, 160, "▉"),
        (9, 160, "█▏"),
    ],
)
def test_bars(count: int, most: int, drawn: str) -> None:
    assert sizes.bar(count, most) == drawn
