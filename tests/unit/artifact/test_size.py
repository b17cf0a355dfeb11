"""What grew and shrank: two reports in, lines out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from beamwright.artifact.layers import APPLICATION, DEPENDENCIES, LIBC, OTP
from beamwright.artifact.report import Part
from beamwright.artifact.size import compare, signed, text
from tests.unit.artifact.reporting import APPLICATIONS, LAYERS, LIBRARIES, report

LIBC_LAYER, OTP_LAYER, OWN_LAYER = LAYERS


def lines(
    before: dict[str, tuple[Part, ...]], after: dict[str, tuple[Part, ...]]
) -> list[tuple[object, ...]]:
    """Every change as kind, name, word, signed bytes unpacked and on the wire."""
    compared = compare(report(**before), report(**after))  # type: ignore[arg-type]  # only parts are given
    return [
        (each.kind, each.name, each.word, each.unpacked_bytes, each.compressed_bytes)
        for each in compared.changes
    ]


SSL = Part("ssl", 700_000, version="11.2", layer=OTP)
LIBCRYPTO = Part("libcrypto.so.3", 5_000_000, layer=LIBC)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {}, []),
        (
            {},
            {"applications": (*APPLICATIONS, SSL), "libraries": (LIBCRYPTO, *LIBRARIES)},
            [
                ("application", "ssl", "added", 700_000, None),
                ("library", "libcrypto.so.3", "added", 5_000_000, None),
            ],
        ),
        (
            {"libraries": (LIBCRYPTO,)},
            {"libraries": ()},
            [("library", "libcrypto.so.3", "removed", -5_000_000, None)],
        ),
        (
            {},
            {
                "layers": (
                    LIBC_LAYER,
                    replace(OTP_LAYER, unpacked_bytes=9_000_001, compressed_bytes=2_999_000),
                    OWN_LAYER,
                )
            },
            [("layer", OTP, "grew", 1, -1000)],
        ),
        (
            {},
            {"layers": (LIBC_LAYER, OTP_LAYER, replace(OWN_LAYER, compressed_bytes=8_999))},
            [("layer", APPLICATION, "shrank", 0, -1)],
        ),
        (
            {"layers": (*LAYERS, Part(DEPENDENCIES, 10, 5))},
            {},
            [("layer", DEPENDENCIES, "removed", -10, -5)],
        ),
        (
            {},
            {"applications": (*APPLICATIONS[:2], replace(APPLICATIONS[2], version="0.2.0"))},
            [("application", "courier", "replaced", 0, None)],
        ),
    ],
    ids=["same", "added", "removed", "grew", "shrank on the wire", "layer removed", "version"],
)
def test_only_what_changed_is_told(
    before: dict[str, tuple[Part, ...]], after: dict[str, tuple[Part, ...]], told: list[tuple[object, ...]]
) -> None:
    assert lines(before, after) == told


def test_what_changed_most_comes_first() -> None:
    erts, stdlib, own = APPLICATIONS
    after = (
        replace(erts, unpacked_bytes=5_000_001),
        replace(stdlib, unpacked_bytes=1),
        replace(own, unpacked_bytes=41_000),
    )
    assert [line[1] for line in lines({}, {"applications": after})] == ["stdlib", "courier", "erts"]


def test_a_side_that_was_not_packed_is_no_change_on_the_wire() -> None:
    tarball_alone = tuple(replace(layer, compressed_bytes=None) for layer in LAYERS)
    assert lines({"layers": tarball_alone}, {}) == []


def test_every_artifact_has_its_total_changed_or_not() -> None:
    smaller = (LIBC_LAYER, OTP_LAYER)
    compared = compare(report(smaller, kinds=("oci",)), report())
    assert [(each.name, each.unpacked_bytes, each.compressed_bytes) for each in compared.totals] == [
        ("tarball", 40_000, None),
        ("oci", 40_000, 9_000),
    ]


def test_as_json() -> None:
    told = compare(report(version="0.0.9"), report(applications=(*APPLICATIONS, SSL))).as_json()
    assert set(told) == {"against", "artifacts", "layers", "applications", "libraries"}
    assert told["against"]["version"] == "0.0.9"
    assert told["applications"] == [
        {
            "name": "ssl",
            "change": "added",
            "version": {"before": None, "after": "11.2"},
            "unpacked_bytes": {"before": 0, "after": 700_000},
            "compressed_bytes": {"before": 0, "after": None},
        }
    ]


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_900, "999.9 kB"), (9_812_345, "9.8 MB")],
)
def test_bytes(count: int, told: str) -> None:
    assert text(count) == told


@pytest.mark.parametrize(
    ("count", "told"), [(None, "-"), (0, "0"), (1, "+1 B"), (-1500, "-1.5 kB"), (2_000_000, "+2.0 MB")]
)
def test_differences(count: int | None, told: str) -> None:
    assert signed(count) == told
