"""The size budget: which builds pass it, and what is told of one that does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from beamwright.artifact import budget
from beamwright.errors import BuildError
from beamwright.fleet.model import Budget
from tests.unit.artifact.reporting import APPLICATIONS, report

NONE = Budget(None, (), ())


@pytest.mark.parametrize(
    ("limits", "over"),
    [
        (NONE, ""),
        (replace(NONE, unpacked=12_040_000), ""),
        (replace(NONE, unpacked=12_039_999), "unpacked 12.0 MB of 12.0 MB"),
        (replace(NONE, artifacts=(("oci", 4_009_000), ("tarball", 4_009_000))), ""),
        (replace(NONE, artifacts=(("oci", 4_000_000),)), "oci 4.0 MB of 4.0 MB"),
        (replace(NONE, artifacts=(("docker", 1),)), ""),
        (replace(NONE, applications=(("stdlib", 4_000_000), ("courier", 40_000))), ""),
        (replace(NONE, applications=(("courier", 39_000),)), "courier 40.0 kB of 39.0 kB"),
    ],
)
def test_a_build_over_a_limit_fails(limits: Budget, over: str) -> None:
    if not over:
        budget.check(report(), limits, None)
        return
    with pytest.raises(BuildError) as caught:
        budget.check(report(), limits, None)
    assert caught.value.message == f"courier 0.1.0 is over its budget: {over}"


def test_the_table_tells_what_is_over_what_is_big_and_what_grew() -> None:
    erts, stdlib, _ = APPLICATIONS
    before = report(
        applications=(erts, replace(stdlib, version="6.1", unpacked_bytes=3_000_000)), version="0.0.9"
    )
    with pytest.raises(BuildError) as caught:
        budget.check(report(), replace(NONE, unpacked=10_000_000, applications=(("erts", 1),)), before)
    assert (
        caught.value.detail
        == """\
over     unpacked       12.0 MB   +2.0 MB over 10.0 MB
over     erts           5.0 MB    +5.0 MB over 1 B
biggest  erts 15.2      5.0 MB    ERTS + OTP
biggest  stdlib 6.2     4.0 MB    ERTS + OTP
biggest  libc.so.6      2.0 MB    libc closure
biggest  libm.so.6      1.0 MB    libc closure
biggest  courier 0.1.0  40.0 kB   application
grew     stdlib 6.2     +1.0 MB   since 0.0.9
added    courier 0.1.0  +40.0 kB  since 0.0.9"""
    )


def test_a_limit_for_an_application_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(BuildError, match="crypt is not in the release"):
        budget.check(report(), replace(NONE, applications=(("crypt", 1),)), None)
