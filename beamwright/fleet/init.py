"""The first fleet.toml of a project: written for what stands in its folder, to be edited by a person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from beamwright.errors import ConfigError
from beamwright.fleet.names import mend_project
from beamwright.fleet.read import read_text
from beamwright.fleet.reserved import taken_project

_NAME = r"([a-z][A-Za-z0-9_-]{0,62})"
"""What may be copied into the file as a name: as much of an atom as `ReleaseName` allows."""

_VERSION = r"\"([0-9A-Za-z.+-]{1,40})\""


@dataclass(frozen=True)
class _Found:
    """What the build file tells, empty where it doesn't; `wants` are the variables read at start."""

    tool: str
    name: str
    version: str
    release: str
    wants: tuple[str, ...]


def create(path: Path) -> bool:
    """Writes the proposal for the folder of `path` into it; False when it is there and stays."""
    text = "" if path.exists() else propose(path.resolve().parent)
    try:
        if text:
            path.write_text(text, "utf-8")
    except OSError as exc:
        raise ConfigError(f"{path}: {exc.strerror}", hint="choose a folder you may write to") from exc
    return bool(text)


def propose(folder: Path) -> str:
    """The text of a commented fleet.toml for the project in the folder.

    Its host is an example with a documentation address (RFC 5737). ConfigError when no mix.exs and no
    rebar.config is there.
    """
    found = _look(folder)
    name = mend_project(found.name) or mend_project(folder.resolve().name) or "app"
    name = f"{name}_app"[:31] if taken_project(name) else name
    release = next(word for word in (found.release, found.name, name) if re.fullmatch(_NAME, word))
    return _TEXT.format(
        name=name,
        tool=found.tool,
        version=f"  # version {found.version}" if found.version else "",
        release=f'release = "{release}"\n' if release != name else "",
        wants=_wants(found.wants),
    )


def _look(folder: Path) -> _Found:
    hint = "go to the folder of your project, or name it in project.source"
    if (folder / "mix.exs").is_file():
        return _look_at_mix(read_text(folder / "mix.exs", hint), _text(folder / "config" / "runtime.exs"))
    if (folder / "rebar.config").is_file():
        sources = sorted((*folder.glob("src/*.app.src"), *folder.glob("apps/*/src/*.app.src")))
        sys_config = _text(folder / "config" / "sys.config.src")
        return _look_at_rebar(read_text(folder / "rebar.config", hint), sources, sys_config)
    raise ConfigError(f"{folder}: there is no mix.exs and no rebar.config in this folder", hint=hint)


def _text(path: Path) -> str:
    return read_text(path, "") if path.is_file() else ""


def _look_at_mix(mix: str, runtime: str) -> _Found:
    """mix.exs is a program: this reads what nearly all of them write as plain words."""
    code = re.sub(r"(?m)^\s*#.*$", "", mix)
    name = _first(rf"\bapp:\s*:{_NAME}", code)
    release = _first(rf"\breleases\b(?::|[^:\[]*\bdo\b)\s*\[\s*{_NAME}:", code)
    version = _first(rf"(?:\bversion:|@version)\s*{_VERSION}", code)
    wants = re.findall(r"System\.fetch_env!\(\s*\"(\w+)\"", runtime)
    wants += re.findall(r"System\.get_env\(\s*\"(\w+)\"\s*\)\s*\|\|\s*raise", runtime)
    return _Found("mix", name or release, version, release, tuple(dict.fromkeys(wants)))


def _look_at_rebar(rebar: str, sources: list[Path], sys_config: str) -> _Found:
    code = re.sub(r"(?m)%.*$", "", rebar)
    at = rf"\{{\s*release\s*,\s*\{{\s*'?{_NAME}'?\s*,\s*"
    release = _first(at, code)
    version = _first(at + _VERSION, code, 2)
    name = release or (sources[0].name.removesuffix(".app.src") if sources else "")
    wants = re.findall(r"\$\{(\w+)\}", sys_config)
    return _Found("rebar3", name, version, release, tuple(dict.fromkeys(wants)))


def _first(pattern: str, text: str, group: int = 1) -> str:
    found = re.search(pattern, text, re.ASCII)
    return found[group] if found else ""


def _wants(names: tuple[str, ...]) -> str:
    return f"# The configuration reads these when a node starts: {', '.join(names)}\n" if names else ""


_TEXT = """\
# The fleet of this project: what is built, and where it runs.
# Lines with a # in front show what else there is; every key is in docs/reference/fleet.md of Beamwright.

secrets = "secrets"               # folder of cookies, password and signing key; never commit it
# environment = "staging"         # production by default; what was built for another one is not deployed
# inventory = "inventory.toml"    # addresses that another tool writes: [hosts.NAME] address = "…"

[project]
name = "{name}"{version}
{release}source = "."
tool = "{tool}"

# [toolchain]
# packages = ["libssl-dev"]       # more Debian packages that the build needs

[node]
count = 1                         # nodes on each host: {name}1, {name}2 …
# ports = {{ http = 8080 }}         # with more of them: each reads its own in HTTP_PORT, 8080, 8081 …
# health = {{ http = "/healthz" }}  # ready when this answers 2xx; without it, when the port accepts
# allow_from = ["any"]            # who may connect besides localhost and the cluster
# vm_args = ["+S 2"]
# memory_max = "512M"
{wants}# env = {{ LOG_LEVEL = "info" }}
# secrets = {{ api_key = "secrets/api_key" }}   # a node reads the file $CREDENTIALS_DIRECTORY/api_key

# [sidecar]
# enabled = false                 # no RabbitMQ beside the nodes

[ssh]
user = "root"                     # or a user that may sudo
known_hosts = "known_hosts"       # the hosts' keys; `beamwright doctor` shows how to add one

# [signing]                       # builds are signed by secrets/signing_key
# key = "~/.ssh/id_ed25519.pub"   # or by a key of your own, here one that the ssh agent holds
# allowed_signers = "allowed_signers"   # whose builds may be deployed; commit it

# One cluster is one data centre. A host's name becomes its nodes' name: {name}1@host1
[clusters.main.hosts.host1]
address = "192.0.2.1"             # an example: put your machine's address here

# [clusters.main.hosts.host2]
# address = "192.0.2.2"
"""
