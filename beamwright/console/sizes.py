"""Where the bytes of a build are, and what grew and shrank, as tables that 80 columns hold."""

from __future__ import annotations

from collections.abc import Iterator

from beamwright.artifact import Comparison, Report
from beamwright.artifact.report import Part
from beamwright.artifact.size import Change, signed, text
from beamwright.console.screen import Screen

NONE = "-"
_BAR = 20
"""Columns of the longest bar."""

_SMALL = 100
"""A part that is smaller than this fraction of the tree is only counted."""


def show_sizes(screen: Screen, report: Report) -> None:
    """Every layer with the applications and libraries in it, drawn to one scale."""
    rows = [row for layer in report.layers for row in _layer(report, layer)]
    screen.table((f"{report.name} {report.version}", "", "unpacked", "wire"), rows, (2, 3))
    for each in report.artifacts:
        wire, unpacked = text(each.compressed_bytes), text(each.unpacked_bytes)
        screen.say(f"{each.kind}: {wire} on the wire, {unpacked} unpacked")


def _layer(report: Report, layer: Part) -> Iterator[tuple[str, ...]]:
    yield _row(report, layer.name, layer)
    inside = [part for part in (*report.applications, *report.libraries) if part.layer == layer.name]
    big = [part for part in inside if part.unpacked_bytes * _SMALL >= report.unpacked_bytes]
    for part in big:
        yield _row(report, f"  {part.title}", part)
    if big and (rest := layer.unpacked_bytes - sum(part.unpacked_bytes for part in big)):
        yield _row(report, "  the rest", Part("", rest))


def _row(report: Report, name: str, part: Part) -> tuple[str, ...]:
    most = max(layer.unpacked_bytes for layer in report.layers)
    return name, bar(part.unpacked_bytes, most), text(part.unpacked_bytes), _wire(part)


def bar(count: int, most: int) -> str:
    """A bar that is _BAR columns long for `most`, in eighths of a column."""
    eighths = round(count * _BAR * 8 / most) if most else 0
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def show_changes(screen: Screen, comparison: Comparison) -> None:
    """The lines that changed, and the artifacts whether they did or not."""
    before = comparison.before
    heads = (f"against {before.version}", "", "unpacked", "", "wire", "")
    screen.table(heads, [_change(each) for each in (*comparison.changes, *comparison.totals)], range(2, 6))


def _change(change: Change) -> tuple[str, ...]:
    after = change.after or Part(change.name, 0, None if change.compressed_bytes is None else 0)
    return (
        _name(change),
        change.word,
        text(after.unpacked_bytes),
        signed(change.unpacked_bytes),
        _wire(after),
        signed(change.compressed_bytes),
    )


def _name(change: Change) -> str:
    """The name with its version, or with both when they differ."""
    versions = [part.version for part in (change.before, change.after) if part and part.version]
    return " ".join([change.name, " → ".join(dict.fromkeys(versions))]).rstrip()


def _wire(part: Part) -> str:
    return NONE if part.compressed_bytes is None else text(part.compressed_bytes)
