"""How big the same applications are: Beamwright's image, the usual Dockerfile's, and a release on Debian."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import docker

from beamwright.toolchain import Engine
from benchmarks.harness import beamwright, images
from benchmarks.harness.apps import APPS, App
from benchmarks.harness.debian import SUITE, Bases, bases
from benchmarks.harness.dockerfile import multi_stage
from benchmarks.harness.figures import Figures, Log, Table, megabytes
from benchmarks.harness.images import Scales, Weight

RUNS = 1
GOALS = {"hello_erlang": (5.3, 17), "hello_elixir": (6.7, 20), "hello_ssl": (9.8, 29)}
"""Megabytes on the wire and unpacked, on amd64."""


NOTES = (
    '1 MB is 1,000,000 bytes; "unpacked" is the sum of the files\' sizes.',
    "Dockerfile: what `mix phx.gen.release --docker` writes, multi-stage onto Debian slim with libstdc++6, "
    "openssl, libncurses6, locales and ca-certificates; for rebar3 the same in its words. gzip is how "
    "`docker push` packs a layer; zstd-19 is what the same layers would be with Beamwright's compression.",
    "On Debian: the same release, copied onto Debian as it is (not slim).",
    f"The peers' Debian {SUITE} is made by mmdebstrap as the official images are (no registry is asked), "
    "and they compile in Beamwright's toolchain image: one Erlang for all.",
)


@dataclass(frozen=True)
class Sizes:
    """One application, three ways: Beamwright's bytes on the wire and unpacked, the peers' weights."""

    app: App
    wire: int
    unpacked: int
    multi_stage: Weight
    debian: Weight


def run(log: Log, runs: int) -> Figures:
    """Builds every application three ways. Sizes do not vary: one run is enough, `runs` is ignored."""
    engine = Engine.connect()
    builder = engine.toolchain(None, (), log)
    made, scales = bases(engine.client, log), Scales()
    with tempfile.TemporaryDirectory() as scratch, images.cleared(engine.client):
        found = [_measure(engine.client, app, Path(scratch), builder, made, scales, log) for app in APPS]
    return figures(found)


def _measure(
    client: docker.DockerClient, app: App, scratch: Path, builder: str, made: Bases, scales: Scales, log: Log
) -> Sizes:
    log(f"{app.title}: Beamwright")
    folder = scratch / app.name
    source = app.copy(folder)
    beamwright.init(folder, scratch / "cache")
    image = beamwright.build(folder, scratch / "cache", "--kind", "oci").artifact("oci")
    weights = []
    for title, base in (("the Dockerfile", made.runner), ("a release on Debian", made.debian)):
        log(f"{app.title}: {title}")
        peer = images.build(client, source, multi_stage(app, source, builder, base))
        images.runs(client, peer)
        weights.append(scales.weigh(peer))
    return Sizes(app, image["compressed_bytes"], image["unpacked_bytes"], *weights)


def figures(found: list[Sizes]) -> Figures:
    """The tables of the sizes."""
    values = {"applications": [_json(each) for each in found]}
    return Figures("size", (_wire(found), _unpacked(found)), _short(found), NOTES, values)


def _wire(found: list[Sizes]) -> Table:
    peers = ("Dockerfile, gzip", "… zstd-19", "on Debian, gzip", "… zstd-19")
    return Table(
        "On the wire, MB: the compressed layers of the image",
        ("application", "goal", "Beamwright", *peers),
        tuple(
            (
                each.app.title,
                _goal(each, 0),
                f"**{megabytes(each.wire)}**",
                *map(megabytes, (each.multi_stage.gzip, each.multi_stage.zstd)),
                *map(megabytes, (each.debian.gzip, each.debian.zstd)),
            )
            for each in found
        ),
    )


def _unpacked(found: list[Sizes]) -> Table:
    return Table(
        "Unpacked, MB: all files of the image",
        ("application", "goal", "Beamwright", "Dockerfile", "on Debian", "Dockerfile / Beamwright"),
        tuple(
            (
                each.app.title,
                _goal(each, 1),
                f"**{megabytes(each.unpacked)}**",
                *map(megabytes, (each.multi_stage.unpacked, each.debian.unpacked)),
                f"{each.multi_stage.unpacked / each.unpacked:.1f}",
            )
            for each in found
        ),
    )


def _goal(each: Sizes, column: int) -> str:
    return f"≤ {GOALS[each.app.name][column]}" if each.app.name in GOALS else ""


def _short(found: list[Sizes]) -> Table:
    return Table(
        "Sizes",
        ("image, MB on the wire / unpacked", "Beamwright (zstd)", "the usual Dockerfile (gzip)"),
        tuple(
            (
                each.app.title,
                f"{megabytes(each.wire)} / {megabytes(each.unpacked)}",
                f"{megabytes(each.multi_stage.gzip)} / {megabytes(each.multi_stage.unpacked)}",
            )
            for each in found
        ),
    )


def _json(each: Sizes) -> dict[str, object]:
    return {
        "name": each.app.name,
        "beamwright": {"compressed_bytes": each.wire, "unpacked_bytes": each.unpacked},
        "dockerfile": asdict(each.multi_stage),
        "debian": asdict(each.debian),
    }
