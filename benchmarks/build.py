"""How long a build takes after a change of one module: Beamwright, the bare build tool, `docker build`.

And what it takes from there to a registry: Beamwright's image is compressed when it is built, that of
`docker build` when it is pushed.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from docker.models.images import Image

from beamwright.command import command
from beamwright.errors import BuildError
from beamwright.toolchain import Engine
from beamwright.toolchain.box import Box
from benchmarks.harness import beamwright, images, times
from benchmarks.harness.apps import APPS, App
from benchmarks.harness.debian import bases
from benchmarks.harness.dockerfile import multi_stage
from benchmarks.harness.figures import Figures, Log, spread
from benchmarks.harness.project import grown
from benchmarks.harness.registry import registry
from benchmarks.harness.times import Times

RUNS = 5
EXAMPLES = ("depot", "courier")
"""Trees of 30 MB with NIFs, a port program and dependencies, and five to ten modules of their own."""

BUILDER = "1000:1000"
TIMED = (
    'begun=$(date +%s%N); "$@" >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }; echo $(($(date +%s%N) - begun))'
)


def run(log: Log, runs: int) -> Figures:
    """Measures the examples and a bigger project: in each round the same change, then the three builds."""
    engine = Engine.connect()
    builder, runner = engine.toolchain(None, (), log), bases(engine.client, log).runner
    found = []
    with (
        tempfile.TemporaryDirectory() as name,
        images.cleared(engine.client),
        registry(Path(name)) as host,
    ):
        scratch = Path(name)
        apps = (*(app for app in APPS if app.name in EXAMPLES), grown(scratch / "grown"))
        for number, app in enumerate(apps):
            found.append(_measure(engine, app, scratch / str(number), builder, runner, host, runs, log))
    return times.figures(found, runs)


def _measure(
    engine: Engine, app: App, scratch: Path, builder: str, runner: str, host: str, runs: int, log: Log
) -> Times:
    copies = {name: app.copy(scratch / name) for name in ("bare", "beamwright", "docker")}
    text = multi_stage(app, copies["docker"], builder, runner)
    cache = scratch / "cache"
    beamwright.init(scratch / "beamwright", cache)
    builds: list[beamwright.Build] = []
    made: list[Image] = []

    def ours() -> float:
        builds.append(beamwright.build(scratch / "beamwright", cache))
        return builds[-1].seconds

    with _bare(engine, app, builder, copies["bare"]) as bare:
        ways: dict[str, Callable[[], float]] = {
            "bare": bare,
            "beamwright": ours,
            "beamwright push": lambda: beamwright.push(
                scratch / "beamwright", cache, f"{host}/ours/{app.name}:latest"
            ),
            "docker": lambda: _timed(
                lambda: made.append(images.build(engine.client, copies["docker"], text))
            ),
            "docker push": lambda: _timed(
                lambda: images.push(engine.client, made[-1], f"{host}/docker/{app.name}")
            ),
        }
        # The first round fills the caches of all three.
        cold, *rounds = [_round(app, copies, ways, number, log) for number in range(runs + 1)]
    took = {name: spread([each[name] for each in rounds]) for name in ways}
    phases = [build.report["seconds"] for build in builds]
    return Times(
        title=app.title,
        bare=took["bare"],
        beamwright=took["beamwright"],
        docker=took["docker"],
        beamwright_push=took["beamwright push"],
        docker_push=took["docker push"],
        phases={phase: spread([each[phase] for each in phases[1:]]) for phase in phases[0]},
        cold=cold["beamwright"],
        cold_packing=phases[0]["package"],
        memory_bytes=max(build.memory_bytes for build in builds),
        tree_bytes=builds[0].report["artifacts"][0]["unpacked_bytes"],
    )


def _timed(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def _round(
    app: App, copies: dict[str, Path], ways: dict[str, Callable[[], float]], number: int, log: Log
) -> dict[str, float]:
    """The same change in every copy, then every build."""
    for source in copies.values():
        app.change(source, number)
    seconds = {}
    for name, build in ways.items():
        # What the build before has left to be written would slow this one.
        os.sync()
        seconds[name] = build()
    told = ", ".join(f"{name} {spent:.1f} s" for name, spent in seconds.items())
    log(f"{app.title}: round {number}{'' if number else ' (cold)'}: {told}")
    return seconds


@contextmanager
def _bare(engine: Engine, app: App, builder: str, source: Path) -> Iterator[Callable[[], float]]:
    """Runs the build tool alone, in a container that runs already; its seconds are taken inside of it."""
    with engine.box(builder, ((source, "/project", True),), BUILDER, network=False) as box:
        box.run(command("chown", "--recursive", BUILDER, "/project"), root=True)
        yield lambda: _release(box, app)


def _release(box: Box, app: App) -> float:
    """Assembles the release as a developer does."""
    argv: tuple[str, ...] = ("mix", "release", "--overwrite", "--path", "/tmp/release")
    if app.tool == "rebar3":
        argv = ("rebar3", "as", "prod", "release", "--output-dir", "/tmp/release")
        argv = (*argv, "--dev-mode", "false", "--include-erts", "true")
    told = box.run(command("sh", "-c", TIMED, "sh", *argv, HOME="/tmp", MIX_ENV="prod"), folder="/project")
    if not told.ok:
        raise BuildError(f"{argv[0]} could not build {app.title}", detail=told.stdout)
    return int(told.stdout) / 1e9
