"""The tables of benchmarks/deploy.py, from what it measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.harness.figures import Figures, Spread, Table, spread
from benchmarks.harness.marks import Deed
from benchmarks.harness.rounds import OURS


@dataclass(frozen=True)
class Change:
    """A change of one module, over one link: tool's title → what its deploy did in each round.

    A tool that failed in one has no deeds.
    """

    link: str
    hosts: int
    deeds: Mapping[str, tuple[Deed, ...]]

    def own(self, title: str) -> Spread:
        """The seconds of a tool's that no restart took."""
        return spread([deed.own for deed in self.deeds[title]])

    def faster(self, title: str) -> float:
        """How many times faster than that tool, without the restarts: the middle of the rounds."""
        pairs = zip(self.own(title).values, self.own(OURS).values, strict=True)
        return spread([theirs / ours for theirs, ours in pairs]).median

    def kilobytes(self, title: str) -> float:
        """What a tool sends to one host, in kB of 1,000 bytes: the middle of the rounds."""
        return spread([deed.bytes for deed in self.deeds[title]]).median / 1e3

    def as_json(self) -> dict[str, Any]:
        """The values for programs."""
        return {
            title: {
                "hosts": self.hosts,
                "seconds": spread([deed.seconds for deed in deeds]).as_json(),
                "restarting_seconds": spread([deed.restarting for deed in deeds]).as_json(),
                "own_seconds": self.own(title).as_json(),
                "bytes_a_host": round(self.kilobytes(title) * 1e3),
            }
            for title, deeds in self.deeds.items()
            if deeds
        }


@dataclass(frozen=True)
class Rollouts:
    """What was measured: seconds, and bytes of memory. Of `facts`, a tool has none that did not reach all."""

    runs: int
    changes: tuple[Change, ...]
    unchanged_hosts: int
    unchanged: Spread
    round_trip: Spread
    facts_hosts: int
    facts: Mapping[str, Spread | None]
    memory_hosts: int
    memory_bytes: int
    decide: Mapping[str, Spread]

    @property
    def more(self) -> float:
        """How many times as long as the round trip a deploy of nothing takes: the middle of the rounds."""
        pairs = zip(self.unchanged.values, self.round_trip.values, strict=True)
        return spread([ours / least for ours, least in pairs]).median

    def as_json(self) -> dict[str, Any]:
        """The values for programs."""
        return {
            "runs": self.runs,
            "change": {change.link: change.as_json() for change in self.changes},
            "unchanged": {
                "hosts": self.unchanged_hosts,
                "seconds": self.unchanged.as_json(),
                "round_trip_seconds": self.round_trip.as_json(),
                "times": round(self.more, 2),
            },
            "facts": {
                "sshds": self.facts_hosts,
                **{title: spent and spent.as_json() for title, spent in self.facts.items()},
            },
            "memory": {"hosts": self.memory_hosts, "bytes": self.memory_bytes},
            "plan": {name: spent.as_json() for name, spent in self.decide.items()},
        }


def figures(found: Rollouts, notes: tuple[str, ...]) -> Figures:
    """The tables."""
    tables = (*map(_change, found.changes), _many(found))
    return Figures("deploy", tables, _short(found), notes, found.as_json())


def _change(change: Change) -> Table:
    heads = ("", "kB to a host", "all, s", "restarts, s", "the rest, s", "… of Beamwright's (goal)")
    title = f"A change of one module to {change.hosts} hosts, {change.link}, median (min to max)"
    return Table(title, heads, tuple((tool, *_cells(change, tool)) for tool in change.deeds))


def _cells(change: Change, tool: str) -> tuple[str, ...]:
    """The row of one tool."""
    deeds, goal = change.deeds[tool], {"Ansible": " (≥ 5)", "pyinfra": " (≥ 2)"}.get(tool, "")
    if not deeds:
        return ("failed", "", "", "", "")
    sent, factor = f"{change.kilobytes(tool):,.0f}", ""
    if tool == OURS:
        sent = f"**{sent}** (≤ 100)"
    else:
        factor = f"**{change.faster(tool):.1f}**{goal}" if goal else f"{change.faster(tool):.1f}"
    total, restarting = (
        spread(values) for values in zip(*((deed.seconds, deed.restarting) for deed in deeds), strict=True)
    )
    return (sent, str(total), str(restarting), str(change.own(tool)), factor)


def _many(found: Rollouts) -> Table:
    facts = f"facts of {found.facts_hosts} sshds"
    rows = [
        (f"deploy of nothing new to {found.unchanged_hosts} hosts, s", "", str(found.unchanged)),
        ("… `ssh HOST true` to each at once, s", "", str(found.round_trip)),
        ("… times as long", "≤ 3", f"**{found.more:.1f}**"),
        *(
            (f"{facts}, {title}, s", "", str(spent or "did not reach all"))
            for title, spent in found.facts.items()
        ),
        (
            f"most memory, `plan` of {found.memory_hosts} hosts, MB",
            "≤ 200",
            f"**{found.memory_bytes / 1e6:.0f}**",
        ),
        *(
            (
                f"4,000 nodes on 1,000 hosts, on paper: {name}, s",
                "≤ 2" if name == "all" else "",
                _bold(name, spent),
            )
            for name, spent in found.decide.items()
        ),
    ]
    return Table("Many hosts, median (min to max)", ("", "goal", ""), tuple(rows))


def _bold(name: str, spent: Spread) -> str:
    return f"**{spent}**" if name == "all" else str(spent)


def _short(found: Rollouts) -> Table:
    first = found.changes[0]
    tools = [tool for tool in first.deeds if all(change.deeds[tool] for change in found.changes)]
    sent = (f"{first.kilobytes(tool):,.0f}" for tool in tools)
    spent = (
        (f"seconds but for the restarts, {each.link}", *(f"{each.own(tool).median:.1f}" for tool in tools))
        for each in found.changes
    )
    heads = (f"a change of one module to {first.hosts} hosts", *tools)
    return Table("Deploys", heads, (("kB sent to a host", *sent), *spent))
