"""The tables of the benchmarks, from measured values."""

from __future__ import annotations

from benchmarks import size
from benchmarks.harness import times
from benchmarks.harness.apps import APPS
from benchmarks.harness.figures import spread
from benchmarks.harness.images import Weight


def test_sizes() -> None:
    weights = Weight(80_000_000, 60_000_000, 190_000_000), Weight(53_000_000, 36_000_000, 130_000_000)
    found = size.figures([size.Sizes(APPS[0], 5_300_000, 17_000_000, *weights)])
    assert [table.rows for table in found.tables] == [
        (("Erlang hello", "≤ 5.3", "**5.3**", "80.0", "60.0", "53.0", "36.0"),),
        (("Erlang hello", "≤ 17", "**17.0**", "190.0", "130.0", "11.2"),),
    ]
    assert found.short.rows == (("Erlang hello", "5.3 / 17.0", "80.0 / 190.0"),)
    assert found.as_json()["applications"][0]["dockerfile"]["zstd"] == 60_000_000


def test_times() -> None:
    found = times.Times(
        title="depot (Erlang example)",
        bare=spread([1.0, 2.0, 1.5]),
        beamwright=spread([2.0, 2.0, 2.0]),
        docker=spread([6.0, 7.0, 8.0]),
        beamwright_push=spread([0.5, 0.5, 1.0]),
        docker_push=spread([1.0, 3.0, 1.0]),
        phases={"compile": spread([1.0]), "package": spread([0.25])},
        cold=20.0,
        cold_packing=6.5,
        memory_bytes=200_000_000,
        tree_bytes=28_500_000,
    )
    table, phases = times.figures([found], 3).tables
    assert table.heads == ("", "goal", "depot, 28.5 MB")
    assert [row[-1] for row in table.rows] == [
        "1.50 (1.00 to 2.00)",
        "2.00 (2.00 to 2.00)",
        "**0.50 (0.00 to 1.00)**",
        "7.00 (6.00 to 8.00)",
        "**3.5**",
        "4.7",
        "2.50 (2.50 to 3.00)",
        "9.00 (7.00 to 10.00)",
        "**3.6**",
        "**0.25 (0.25 to 0.25)**",
        "6.5",
        "20.0",
        "**200**",
    ]
    assert phases.rows == (("compile", "1.00"), ("package", "0.25"), ("in no phase", "0.75"))
