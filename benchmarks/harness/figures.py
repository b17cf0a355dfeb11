"""The figures of a benchmark: tables for people, values for programs, sections of the pages of docs/."""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Log = Callable[[str], None]


@dataclass(frozen=True)
class Table:
    """A table with its title; the first column holds names, the others figures."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def plain(self) -> tuple[tuple[str, ...], ...]:
        """The rows without Markdown's marks, for a terminal."""
        return tuple(tuple(cell.replace("**", "").replace("`", "") for cell in row) for row in self.rows)

    def markdown(self) -> str:
        """The table as GitHub draws it."""
        rule = ("---", *["---:"] * (len(self.heads) - 1))
        return "\n".join(f"| {' | '.join(row)} |" for row in (self.heads, rule, *self.rows))


@dataclass(frozen=True)
class Figures:
    """What a benchmark found: `short` is the table for the README, `notes` say how it was measured."""

    name: str
    tables: tuple[Table, ...]
    short: Table
    notes: tuple[str, ...]
    values: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The values, with where they were measured."""
        return {"benchmark": self.name, "machine": machine(), **self.values}

    def markdown(self) -> str:
        """The section of docs/benchmarks.md."""
        tables = (f"**{table.title}**\n\n{table.markdown()}\n" for table in self.tables)
        notes = "\n".join(f"- {note}" for note in (*self.notes, f"Measured on {machine()}."))
        return "\n".join((*tables, notes))

    def keep(self, root: Path) -> None:
        """Writes the values into benchmarks/results/ of the clone."""
        results = root / "benchmarks/results"
        results.mkdir(exist_ok=True)
        (results / f"{self.name}.json").write_text(json.dumps(self.as_json(), indent=2) + "\n", "utf-8")

    def write(self, root: Path) -> None:
        """Puts the tables into the pages of the clone."""
        for page, text in (("docs/benchmarks.md", self.markdown()), ("README.md", self.short.markdown())):
            path = root / page
            path.write_text(put(path.read_text("utf-8"), self.name, text), "utf-8")


def put(page: str, name: str, text: str) -> str:
    """The page with the text between `<!-- bench NAME -->` and `<!-- end -->`; KeyError without them."""
    begin, end = f"<!-- bench {name} -->\n", "<!-- end -->"
    replaced, count = re.subn(
        f"({re.escape(begin)}).*?({re.escape(end)})",
        lambda found: f"{found[1]}{text}\n{found[2]}",
        page,
        flags=re.S,
    )
    if count != 1:
        raise KeyError(f"{begin.strip()} stands {count} times in the page")
    return replaced


@dataclass(frozen=True)
class Spread:
    """What several runs took, in one unit."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one: a run that something else disturbed does not count."""
        return statistics.median(self.values)

    def __str__(self) -> str:
        return f"{self.median:.2f} ({min(self.values):.2f} to {max(self.values):.2f})"

    def as_json(self) -> dict[str, Any]:
        """The values in their order, and their median."""
        return {"median": round(self.median, 3), "values": [round(value, 3) for value in self.values]}


def spread(values: Sequence[float]) -> Spread:
    """The spread of values in the order in which they were measured."""
    return Spread(tuple(values))


def megabytes(count: int) -> str:
    """Bytes in MB, 1 MB = 1,000,000 bytes."""
    return f"{count / 1e6:.1f}"


def machine() -> str:
    """The machine of the measurement, in words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    kernel = platform.release().partition("-")[0]
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.machine()}, Linux {kernel}"
