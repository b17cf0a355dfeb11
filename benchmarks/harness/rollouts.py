"""The tables of benchmarks/deploy.py, from what it measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.harness.figures import Figures, Spread, Table, spread
from benchmarks.harness.marks import Deed

OURS = "Beamwright"


@dataclass(frozen=True)
class Rollouts:
    """Tool's title → what it did in each round; the other figures are seconds, and bytes of memory."""

    runs: int
    hosts: int
    deeds: Mapping[str, tuple[Deed, ...]]
    unchanged_hosts: int
    unchanged: Spread
    round_trip: Spread
    facts_hosts: int
    facts: Mapping[str, Spread]
    memory_hosts: int
    memory_bytes: int
    decide: Mapping[str, Spread]

    @property
    def more(self) -> float:
        """How many times as long as the round trip a deploy of nothing takes: the middle of the rounds."""
        pairs = zip(self.unchanged.values, self.round_trip.values, strict=True)
        return spread([ours / least for ours, least in pairs]).median

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
            "runs": self.runs,
            "change": {
                title: {
                    "hosts": self.hosts,
                    "seconds": spread([deed.seconds for deed in deeds]).as_json(),
                    "restarting_seconds": spread([deed.restarting for deed in deeds]).as_json(),
                    "own_seconds": self.own(title).as_json(),
                    "bytes_a_host": round(self.kilobytes(title) * 1e3),
                }
                for title, deeds in self.deeds.items()
            },
            "unchanged": {
                "hosts": self.unchanged_hosts,
                "seconds": self.unchanged.as_json(),
                "round_trip_seconds": self.round_trip.as_json(),
                "times": round(self.more, 2),
            },
            "facts": {
                "sshds": self.facts_hosts,
                **{title: spent.as_json() for title, spent in self.facts.items()},
            },
            "memory": {"hosts": self.memory_hosts, "bytes": self.memory_bytes},
            "plan": {name: spent.as_json() for name, spent in self.decide.items()},
        }


def figures(found: Rollouts, notes: tuple[str, ...]) -> Figures:
    """The tables."""
    tables = (_change(found), _many(found))
    return Figures("deploy", tables, _short(found), notes, found.as_json())


def _change(found: Rollouts) -> Table:
    rows = []
    for title, deeds in found.deeds.items():
        sent, own = f"{found.kilobytes(title):,.0f}", str(found.own(title))
        factor = "" if title == OURS else f"{found.faster(title):.1f}"
        if title == OURS:
            sent = f"**{sent}** (≤ 100)"
        goal = {"Ansible": " (≥ 5)", "pyinfra": " (≥ 2)"}.get(title, "")
        restarting = spread([deed.restarting for deed in deeds])
        total = spread([deed.seconds for deed in deeds])
        rows.append(
            (title, sent, str(total), str(restarting), own, f"**{factor}**{goal}" if goal else factor)
        )
    heads = ("", "kB to a host", "all, s", "restarts, s", "the rest, s", "… of Beamwright's (goal)")
    return Table(f"A change of one module to {found.hosts} hosts, median (min to max)", heads, tuple(rows))


def _many(found: Rollouts) -> Table:
    facts = f"facts of {found.facts_hosts} sshds"
    rows = [
        (f"deploy of nothing new to {found.unchanged_hosts} hosts, s", "", str(found.unchanged)),
        ("… `ssh HOST true` to each at once, s", "", str(found.round_trip)),
        ("… times as long", "≤ 3", f"**{found.more:.1f}**"),
        *((f"{facts}, {title}, s", "", str(spent)) for title, spent in found.facts.items()),
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
    heads = (f"a change of one module to {found.hosts} hosts", *found.deeds)
    return Table(
        "Deploys",
        heads,
        (
            ("kB sent to a host", *(f"{found.kilobytes(title):,.0f}" for title in found.deeds)),
            ("seconds but for the restarts", *(f"{found.own(title).median:.1f}" for title in found.deeds)),
        ),
    )
