"""What a host needs of a new release, when it has others already: pure, from their manifests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from beamwright.artifact.manifest import Entry


@dataclass(frozen=True)
class Delta:
    """The way to a new tree: from `base`, a release that is there (None: from nothing), with `entries` sent.

    What the base has and the new tree has not, the host removes by comparing the two manifests.
    """

    base: str | None
    entries: tuple[Entry, ...]

    @property
    def unpacked_bytes(self) -> int:
        """The sum of the sizes of all files that are sent."""
        return sum(entry.size for entry in self.entries)


def delta(new: Iterable[Entry], retained: Mapping[str, Iterable[Entry]]) -> Delta:
    """The cheapest way to the new entries; `retained` maps releases that are there to what they hold."""
    whole = tuple(new)
    ways = [Delta(base, _lacking(whole, entries)) for base, entries in sorted(retained.items())]
    return min(ways, key=_cost, default=Delta(None, whole))


def _lacking(new: tuple[Entry, ...], old: Iterable[Entry]) -> tuple[Entry, ...]:
    """What differs in anything: the files of two releases are the same inodes, with one mode."""
    there = set(old)
    return tuple(entry for entry in new if entry not in there)


def _cost(way: Delta) -> tuple[int, int]:
    return way.unpacked_bytes, len(way.entries)
