"""Small projects as people have them, written into a folder of the test."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from beamwright import fleet
from beamwright.fleet import Fleet, secrets


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """The folder, with the files in it: path in the folder → text."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def declare(folder: Path, project: str, more: str = "") -> Fleet:
    """A fleet of one host without a sidecar: `project` holds the lines of [project], `more` other tables."""
    write(
        folder,
        {
            "fleet.toml": f"[project]\n{project}\n[sidecar]\nenabled = false\n"
            f"[clusters.test.hosts.test1]\n{more}\n"
        },
    )
    declared = fleet.load(folder / "fleet.toml")
    secrets.ensure(declared)
    return declared


def mix(name: str, config: str = "", deps: str = "") -> dict[str, str]:
    """An application for mix: `config` goes into its project/0, `deps` are its dependencies."""
    return {
        "mix.exs": f"""\
defmodule {name.title()}.MixProject do
  use Mix.Project
  def project, do: [app: :{name}, version: "1.0.0", {config} deps: [{deps}]]
end
""",
        f"lib/{name}.ex": f"defmodule {name.title()} do\n  def name, do: :{name}\nend\n",
    }


def rebar3(name: str, config: str = "", applications: str = "kernel, stdlib") -> dict[str, str]:
    """An application for rebar3: `config` are the terms of its rebar.config."""
    return {
        "rebar.config": config,
        f"src/{name}.app.src": f'{{application, {name}, [{{vsn, "1.0.0"}}, {{modules, []}},\n'
        f"  {{applications, [{applications}]}}]}}.\n",
        f"src/{name}.erl": f"-module({name}).\n-export([name/0]).\nname() -> {name}.\n",
    }


def below(folder: str, files: Mapping[str, str]) -> dict[str, str]:
    """The files one folder further down."""
    return {f"{folder}/{name}": text for name, text in files.items()}


def repository(folder: Path, *versions: Mapping[str, str]) -> tuple[str, ...]:
    """A bare git repository with a commit for each of the versions, on the branch main: the revisions."""
    work = folder.with_suffix(".work")
    work.mkdir(parents=True)
    git(work, "init", "-q", "-b", "main")
    revisions = []
    for files in versions:
        git(work, "rm", "-rq", "--ignore-unmatch", ".")
        git(write(work, files), "add", ".")
        git(work, "-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "-qm", "one")
        revisions.append(git(work, "rev-parse", "HEAD"))
    git(work, "clone", "-q", "--bare", ".", str(folder))
    return tuple(revisions)


def git(folder: Path, *words: str) -> str:
    """What git prints in the folder."""
    words = "git", "-C", str(folder), *words
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
