"""The Dockerfiles of the peers, for the files that an application has.

`multi_stage` is what `mix phx.gen.release --docker` writes (Phoenix 1.8, release.dockerfile.eex) without the
assets, and the same in rebar3's words. Its runner's packages are in debian.py, in an image of their own, so
that no run waits for a mirror.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness.apps import App

LABEL = "beamwright-bench"
"""On the images of both stages, so that they can be found and removed."""


def multi_stage(app: App, source: Path, builder: str, runner: str) -> str:
    """Compiles in `builder`, dependencies in a layer of their own, and copies the release onto `runner`."""
    stage = _mix(app, source) if app.tool == "mix" else _rebar3(app, source)
    profile = "_build/prod/rel"
    return "\n".join(
        [
            f"FROM {builder} AS builder",
            f"LABEL {LABEL}=1",
            "WORKDIR /app",
            *stage,
            f"FROM {runner} AS final",
            f"LABEL {LABEL}=1",
            "WORKDIR /app",
            "RUN chown nobody /app",
            f"COPY --from=builder --chown=nobody:root /app/{profile}/{app.name} ./",
            "USER nobody",
            f'CMD ["/app/bin/{app.name}", "{"start" if app.tool == "mix" else "foreground"}"]',
            "",
        ]
    )


def _mix(app: App, source: Path) -> Iterator[str]:
    yield 'ENV MIX_ENV="prod"'
    yield _copy(source, ("mix.exs", "mix.lock"), "./")
    yield "RUN mix deps.get --only $MIX_ENV"
    if (source / "config/config.exs").exists():
        yield "RUN mkdir config"
        yield _copy(source, ("config/config.exs", "config/prod.exs"), "config/")
    yield "RUN mix deps.compile"
    yield from (
        f"COPY {folder} {folder}" for folder in ("priv", "c_src", "lib") if (source / folder).exists()
    )
    yield "RUN mix compile"
    if (source / "config/runtime.exs").exists():
        yield "COPY config/runtime.exs config/"
    if (source / "rel").exists():
        yield "COPY rel rel"
    yield f"RUN mix release{f' {app.name}' if 'releases:' in (source / 'mix.exs').read_text('utf-8') else ''}"


def _rebar3(app: App, source: Path) -> Iterator[str]:
    yield _copy(source, ("rebar.config", "rebar.lock"), "./")
    yield "RUN rebar3 as prod compile --deps_only"
    yield from (f"COPY {folder} {folder}" for folder in ("config", "src") if (source / folder).exists())
    yield f"RUN rebar3 as prod release --relname {app.name} --dev-mode false --include-erts true"


def _copy(source: Path, names: tuple[str, ...], to: str) -> str:
    return f"COPY {' '.join(name for name in names if (source / name).exists())} {to}"
