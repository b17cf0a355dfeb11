"""The size budget of fleet.toml: a build that is over it fails, and says what is big and what grew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from beamwright.artifact.report import Report
from beamwright.artifact.size import Change, compare, signed, text
from beamwright.errors import BuildError
from beamwright.fleet.model import Budget

_MOST = 8
"""Lines of each list that are told."""


def check(report: Report, budget: Budget, before: Report | None) -> None:
    """BuildError when the build is over the budget; `before` is the last build, to say what grew since."""
    unknown = {name for name, _ in budget.applications} - {part.name for part in report.applications}
    if unknown:
        raise BuildError(
            f"artifact.budget.applications: {', '.join(sorted(unknown))} is not in the release",
            hint="correct the name, or remove it from fleet.toml",
        )
    over = [(name, bytes_, most) for name, bytes_, most in _measured(report, budget) if bytes_ > most]
    if over:
        name, bytes_, most = over[0]
        raise BuildError(
            f"{report.name} {report.version} is over its budget: {name} {text(bytes_)} of {text(most)}",
            hint="make it smaller, or raise artifact.budget in fleet.toml; dist/ is as it was",
            detail=aligned([*_over(over), *_biggest(report), *_grown(report, before)]),
        )


def _measured(report: Report, budget: Budget) -> Iterator[tuple[str, int, int]]:
    """What has a limit, its bytes, and the most that they may be; an artifact only when it was made."""
    if budget.unpacked is not None:
        yield "unpacked", report.unpacked_bytes, budget.unpacked
    for each in report.artifacts:
        if (most := dict(budget.artifacts).get(each.kind)) is not None:
            yield each.kind, each.compressed_bytes, most
    sizes = {part.name: part.unpacked_bytes for part in report.applications}
    for name, most in budget.applications:
        yield name, sizes[name], most


def _over(over: Sequence[tuple[str, int, int]]) -> Iterator[tuple[str, ...]]:
    for name, bytes_, most in over:
        yield "over", name, text(bytes_), f"{signed(bytes_ - most)} over {text(most)}"


def _biggest(report: Report) -> Iterator[tuple[str, ...]]:
    parts = sorted((*report.applications, *report.libraries), key=lambda part: -part.unpacked_bytes)
    for part in parts[:_MOST]:
        yield "biggest", part.title, text(part.unpacked_bytes), part.layer or ""


def _grown(report: Report, before: Report | None) -> Iterator[tuple[str, ...]]:
    """What is bigger than in the last build, layers left out: they are sums."""
    changes: list[Change] = []
    if before:
        changes = [change for change in compare(before, report).changes if change.kind != "layer"]
    grown = sorted(
        (each for each in changes if each.unpacked_bytes > 0), key=lambda each: -each.unpacked_bytes
    )
    for change in grown[:_MOST]:
        title = change.after.title if change.after else change.name
        yield change.word, title, signed(change.unpacked_bytes), f"since {before.version}" if before else ""


def aligned(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows as lines of text whose columns begin one below the other."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
