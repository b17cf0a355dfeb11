"""What grew and shrank from one build to another: by artifact, layer, application and shared library."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from beamwright.artifact.report import Part, Report


@dataclass(frozen=True)
class Change:
    """A part before and after; it is None on the side where there is no such part.

    `kind` is artifact, layer, application or library.
    """

    kind: str
    name: str
    before: Part | None
    after: Part | None

    @property
    def unpacked_bytes(self) -> int:
        """By how much it grew, negative when it shrank."""
        return _unpacked(self.after) - _unpacked(self.before)

    @property
    def compressed_bytes(self) -> int | None:
        """By how much it grew on the wire; None where a side was not packed, or not on its own."""
        sides = [part.compressed_bytes if part else 0 for part in (self.before, self.after)]
        return None if None in sides else (sides[1] or 0) - (sides[0] or 0)

    @property
    def word(self) -> str:
        """What became of it, in a word."""
        if not (self.before and self.after):
            return "removed" if self.before else "added"
        difference = self.unpacked_bytes or self.compressed_bytes or 0
        if difference:
            return "grew" if difference > 0 else "shrank"
        return "stayed" if self.before.version == self.after.version else "replaced"

    def as_json(self) -> dict[str, Any]:
        """The change for programs, with the bytes of both sides."""
        sides = {"before": self.before, "after": self.after}
        return {
            "name": self.name,
            "change": self.word,
            "version": {side: part and part.version for side, part in sides.items()},
            "unpacked_bytes": {side: _unpacked(part) for side, part in sides.items()},
            "compressed_bytes": {side: part.compressed_bytes if part else 0 for side, part in sides.items()},
        }


@dataclass(frozen=True)
class Comparison:
    """Two builds: what changed, and the artifacts of the later one whether they did or not."""

    before: Report
    after: Report
    changes: tuple[Change, ...]
    totals: tuple[Change, ...]

    def as_json(self) -> dict[str, Any]:
        """The comparison for programs: with what, and the changes by kind."""
        changes = {
            f"{kind}s" if kind != "library" else "libraries": [
                change.as_json() for change in self.changes if change.kind == kind
            ]
            for kind in ("layer", "application", "library")
        }
        before = self.before
        against = {"name": before.name, "version": before.version, "digest": before.digest}
        return {"against": against, "artifacts": [total.as_json() for total in self.totals], **changes}


def compare(before: Report, after: Report) -> Comparison:
    """What is different in `after`: layers in their order, the rest by how much they changed."""
    layers = _changes("layer", before.layers, after.layers)
    applications = _changes("application", before.applications, after.applications)
    libraries = _changes("library", before.libraries, after.libraries)
    return Comparison(
        before, after, (*layers, *_most(applications), *_most(libraries)), _totals(before, after)
    )


def _changes(kind: str, before: Iterable[Part], after: Iterable[Part]) -> tuple[Change, ...]:
    """The parts that are not the same on both sides, in the order of the later side."""
    old, new = ({part.name: part for part in parts} for parts in (before, after))
    changes = (Change(kind, name, old.get(name), new.get(name)) for name in {**new, **old})
    return tuple(change for change in changes if change.word != "stayed")


def _most(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda change: (-abs(change.unpacked_bytes), change.name)))


def _totals(before: Report, after: Report) -> tuple[Change, ...]:
    """Each artifact of `after` with its like, or with the tree alone where there was none of its kind."""
    old = {
        each.kind: Part(each.kind, each.unpacked_bytes, each.compressed_bytes) for each in before.artifacts
    }
    return tuple(
        Change(
            "artifact",
            each.kind,
            old.get(each.kind, Part(each.kind, before.unpacked_bytes)),
            Part(each.kind, each.unpacked_bytes, each.compressed_bytes),
        )
        for each in after.artifacts
    )


def _unpacked(part: Part | None) -> int:
    return part.unpacked_bytes if part else 0


def text(count: int) -> str:
    """Bytes as people read them: 9.8 MB."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def signed(count: int | None) -> str:
    """A difference as people read it: +1.2 kB, -980 B, 0, or - where it is not known."""
    if not count:
        return "-" if count is None else "0"
    return f"{'+' if count > 0 else '-'}{text(abs(count))}"
