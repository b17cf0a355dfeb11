"""The applications that are measured, and copies of them to build and to change."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEFT_BEHIND = shutil.ignore_patterns("_build", "deps", "dist", ".beamwright", "fleet.toml", "README.md")

FLEET = """\
[project]
name = "{name}"
source = "source"
tool = "{tool}"

[sidecar]
enabled = false

[registry]
insecure = true

[clusters.bench.hosts.bench1]
"""


@dataclass(frozen=True)
class App:
    """An application: its build tool, where it is, and the module that a benchmark changes."""

    name: str
    title: str
    tool: str
    source: Path
    module: str

    def copy(self, folder: Path) -> Path:
        """Copies the source to `folder`/source, with a fleet file beside it; the path of the source."""
        source = folder / "source"
        shutil.copytree(self.source, source, ignore=LEFT_BEHIND)
        (folder / "fleet.toml").write_text(FLEET.format(name=self.name, tool=self.tool), "utf-8")
        return source

    def change(self, source: Path, number: int) -> None:
        """Gives the module one more exported function, or the function of the last change another value."""
        path = source / self.module
        text = path.read_text("utf-8")
        path.write_text(change(text, self.tool, number), "utf-8")


def change(text: str, tool: str, number: int) -> str:
    """The module with `bench_run/0`, which gives the number: other code, not only another comment."""
    if "bench_run" in text:
        return re.sub(r"(def bench_run, do:|bench_run\(\) ->) [0-9]+", rf"\g<1> {number}", text)
    if tool == "mix":
        return re.sub(
            r"^(defmodule .* do\n)", rf"\1  def bench_run, do: {number}\n", text, count=1, flags=re.M
        )
    exported = re.sub(r"^(-module\(.*\)\.\n)", r"\1-export([bench_run/0]).\n", text, count=1, flags=re.M)
    return f"{exported}\nbench_run() -> {number}.\n"


HELLO = ROOT / "benchmarks/apps"
APPS = (
    App("hello_erlang", "Erlang hello", "rebar3", HELLO / "hello_erlang", "src/hello_erlang.erl"),
    App("hello_elixir", "Elixir hello", "mix", HELLO / "hello_elixir", "lib/hello_elixir.ex"),
    App("hello_ssl", "Elixir, crypto + ssl", "mix", HELLO / "hello_ssl", "lib/hello_ssl.ex"),
    App("depot", "depot (Erlang example)", "rebar3", ROOT / "examples/depot", "src/depot_sup.erl"),
    App("courier", "courier (Elixir example)", "mix", ROOT / "examples/courier", "lib/courier.ex"),
)
