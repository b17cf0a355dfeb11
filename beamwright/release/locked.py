"""What mix.lock and rebar.lock say of the dependencies: from where, which version, which checksum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from beamwright.errors import BuildError
from beamwright.release.terms import Term, consult, proplist

LOCKS = {"mix": "mix.lock", "rebar3": "rebar.lock"}
"""Build tool → the file at the top of its projects; what is prebuilt has none."""


@dataclass(frozen=True)
class Locked:
    """A dependency that is pinned: `package` of a hex repository, or a `url` at a git `revision`.

    `checksum` is the sha256, in hex, of hex's tarball (its outer checksum); empty where none is locked.
    """

    package: str = ""
    version: str = ""
    repository: str = ""
    checksum: str = ""
    url: str = ""
    revision: str = ""


def read(source: Path, tool: str) -> dict[str, Locked]:
    """The pinned dependencies by application; none without a lock, BuildError for one that can't be read."""
    if tool not in LOCKS or not (path := source / LOCKS[tool]).is_file():
        return {}
    try:
        terms = consult(path.read_text("utf-8"))
        return dict(_mix(terms) if tool == "mix" else _rebar(terms))
    except (ValueError, IndexError, TypeError) as exc:
        raise BuildError(f"{path} can't be read: {exc}", hint=f"let {tool} write it anew") from exc


def _mix(terms: list[Term]) -> Iterator[tuple[str, Locked]]:
    """`name: {:hex, package, version, inner, managers, deps, repository, outer}`, `{:git, url, revision, _}`.

    Source: Hex.Utils.lock and Mix.SCM.Git.lock_status.
    """
    for name, entry in proplist(terms[0] if terms else []).items():
        match entry:
            case ("hex", package, version, _, _, _, repository, checksum, *_):
                yield name, Locked(str(package), str(version), str(repository), str(checksum))
            case ("hex", package, version, *_):
                yield name, Locked(str(package), str(version), "hexpm")
            case ("git", url, revision, *_):
                yield name, Locked(url=str(url), revision=str(revision))


def _rebar(terms: list[Term]) -> Iterator[tuple[str, Locked]]:
    """`{"1.2.0", [{name, source, level}]}. [{pkg_hash, …}, {pkg_hash_ext, [{name, OUTER}]}].`

    Before 1.1.0 the list stands alone. Source: rebar_config.erl, `consult_lock_file`.
    """
    listed, *attributes = terms or [[]]
    if isinstance(listed, tuple):
        listed = listed[1]
    outer = proplist(proplist(attributes[0] if attributes else []).get("pkg_hash_ext"))
    for entry in listed if isinstance(listed, list) else []:
        match entry:
            case (name, ("pkg", package, version, *_), _):
                checksum = str(outer.get(str(name), "")).lower()
                yield str(name), Locked(str(package), str(version), "hexpm", checksum)
            case (name, ("git" | "git_subdir", url, ("ref", revision), *_), _):
                yield str(name), Locked(url=str(url), revision=str(revision))
