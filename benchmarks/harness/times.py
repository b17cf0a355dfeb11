"""The tables of benchmarks/build.py, from what it measured."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.harness.figures import Figures, Spread, Table, megabytes, spread


@dataclass(frozen=True)
class Times:
    """One application, in seconds; `phases` are those of `invoke build`.

    `beamwright_push` and `docker_push` are from the finished image to a registry, and not in the others.
    `cold` is its first build and `cold_packing` that one's packing, with empty caches; `memory_bytes` the
    most of any build, the first one included.
    """

    title: str
    bare: Spread
    beamwright: Spread
    docker: Spread
    beamwright_push: Spread
    docker_push: Spread
    phases: dict[str, Spread]
    cold: float
    cold_packing: float
    memory_bytes: int
    tree_bytes: int

    @property
    def more(self) -> Spread:
        """What `invoke build` takes more than the bare tool did in the same round."""
        pairs = zip(self.beamwright.values, self.bare.values, strict=True)
        return spread([ours - bare for ours, bare in pairs])

    @property
    def faster(self) -> float:
        """How many times faster than `docker build`, by the medians."""
        return self.docker.median / self.beamwright.median

    @property
    def most(self) -> float:
        """How many times faster a builder would be that needs no time beyond that of the bare tool."""
        return self.docker.median / self.bare.median

    @property
    def shipped(self) -> Spread:
        """`invoke build` and `invoke push`, round by round."""
        return _sums(self.beamwright, self.beamwright_push)

    @property
    def docker_shipped(self) -> Spread:
        """`docker build` and `docker push`, round by round."""
        return _sums(self.docker, self.docker_push)

    @property
    def faster_shipped(self) -> float:
        """How many times faster than that, by the medians."""
        return self.docker_shipped.median / self.shipped.median

    @property
    def head(self) -> str:
        """The head of its column."""
        return f"{self.title.partition(' (')[0]}, {megabytes(self.tree_bytes)} MB"

    def as_json(self) -> dict[str, object]:
        """The values for programs."""
        return {
            "name": self.title,
            "tree_bytes": self.tree_bytes,
            "bare_seconds": self.bare.as_json(),
            "beamwright_seconds": self.beamwright.as_json(),
            "more_seconds": self.more.as_json(),
            "docker_seconds": self.docker.as_json(),
            "times_faster": round(self.faster, 2),
            "times_faster_at_most": round(self.most, 2),
            "beamwright_push_seconds": self.beamwright_push.as_json(),
            "docker_push_seconds": self.docker_push.as_json(),
            "times_faster_to_a_registry": round(self.faster_shipped, 2),
            "phases": {phase: spent.as_json() for phase, spent in self.phases.items()},
            "cold_seconds": round(self.cold, 3),
            "cold_packing_seconds": self.cold_packing,
            "memory_bytes": self.memory_bytes,
        }


def _sums(one: Spread, other: Spread) -> Spread:
    return spread([sum(pair) for pair in zip(one.values, other.values, strict=True)])


def figures(found: list[Times], runs: int) -> Figures:
    """The tables of the times."""
    values = {"runs": runs, "applications": [each.as_json() for each in found]}
    return Figures("build", (_table(found), _phases(found)), _short(found), _notes(runs), values)


def _table(found: list[Times]) -> Table:
    rows = (
        ("bare `mix release` / `rebar3 release`, s", "", [str(each.bare) for each in found]),
        ("`invoke build`, every artifact, s", "", [str(each.beamwright) for each in found]),
        ("… more than bare, s", "≤ 1.0", [f"**{each.more}**" for each in found]),
        ("`docker build` of the usual Dockerfile, s", "", [str(each.docker) for each in found]),
        ("… times as long as `invoke build`", "≥ 3", [f"**{each.faster:.1f}**" for each in found]),
        ("… times as long as the bare tool", "", [f"{each.most:.1f}" for each in found]),
        ("`invoke build` and `invoke push`, s", "", [str(each.shipped) for each in found]),
        ("`docker build` and `docker push`, s", "", [str(each.docker_shipped) for each in found]),
        ("… times as long", "", [f"**{each.faster_shipped:.1f}**" for each in found]),
        ("packing the tree, s", "≤ 0.5", [f"**{each.phases['package']}**" for each in found]),
        ("packing it with empty caches, s", "", [f"{each.cold_packing:.1f}" for each in found]),
        ("`invoke build` with empty caches, s", "", [f"{each.cold:.1f}" for each in found]),
        ("most memory of the process, MB", "< 300", [f"**{each.memory_bytes / 1e6:.0f}**" for each in found]),
    )
    return Table(
        "After a change of one module, median (min to max)",
        ("", "goal", *(each.head for each in found)),
        tuple((name, goal, *cells) for name, goal, cells in rows),
    )


def _phases(found: list[Times]) -> Table:
    """Where the seconds of `invoke build` go; what is in no phase is Python's start and the last words."""
    rows = [(phase, *(f"{each.phases[phase].median:.2f}" for each in found)) for phase in found[0].phases]
    named = [sum(spent.median for spent in each.phases.values()) for each in found]
    rest = (f"{each.beamwright.median - sum_:.2f}" for each, sum_ in zip(found, named, strict=True))
    heads = ("phase", *(each.head for each in found))
    return Table("Phases of `invoke build`, median, s", heads, (*rows, ("in no phase", *rest)))


def _short(found: list[Times]) -> Table:
    return Table(
        "Times",
        (
            "after a change of one module, seconds",
            *("Beamwright", "the build tool alone", "`docker build`"),
            *("Beamwright, and pushed", "`docker build`, and pushed"),
        ),
        tuple((each.title, *(f"{way.median:.1f}" for way in _ways(each))) for each in found),
    )


def _ways(each: Times) -> tuple[Spread, ...]:
    return each.beamwright, each.bare, each.docker, each.shipped, each.docker_shipped


def _notes(runs: int) -> tuple[str, ...]:
    return (
        f"{runs} rounds, each the same change in copies of the source and then the three builds in turn; a "
        "round before them fills the caches.",
        "Bare: in a toolchain container that runs already, timed inside of it. `invoke build`: the whole "
        "process, from Python's start to the signed artifacts in `dist/`, proof by boot included.",
        "`docker build`: the Dockerfile of the table of sizes by the classic builder, dependencies and base "
        "in cached layers; what it makes stays in the Engine, in no file, and is not compressed.",
        "Times as long as the bare tool: no builder that runs the project's own tool could be more times "
        "faster than that. Below 3, the tool alone takes more than a third of `docker build`.",
        "Pushed: to a registry on this machine, which has the layers that did not change. `docker push` "
        "compresses what it sends; `invoke push` looks at the signature first, and sends what was built.",
    )
