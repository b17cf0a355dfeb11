"""The licences that a project states for itself, as one SPDX expression."""

from __future__ import annotations

import re
from pathlib import Path

_STATED = {
    "mix": (("mix.exs",), re.compile(r"\blicenses:\s*\[([^\]]*)\]")),
    "rebar3": (("src/*.app.src", "apps/*/src/*.app.src"), re.compile(r"\{\s*licenses\s*,\s*\[([^\]]*)\]")),
}
"""Build tool → the files that hex reads them from, and how they are written there."""

_IDENTIFIER = re.compile(r'"([A-Za-z0-9.+-]+)"')
"""SPDX's short identifiers; what people write otherwise has no place in an expression."""


def licences(source: Path, tool: str) -> str:
    """The project's licences, such as `Apache-2.0 AND MIT`; empty where it states none, as what is prebuilt.

    All of several apply (hex.pm/docs/publish, licenses); an expression that joins them with AND says so
    (SPDX 2.3, annex D).
    """
    if tool not in _STATED:
        return ""
    patterns, stated = _STATED[tool]
    paths = sorted(path for pattern in patterns for path in source.glob(pattern))
    lists = (match for path in paths for match in stated.findall(path.read_text("utf-8", "replace")))
    return " AND ".join(sorted({name for each in lists for name in _IDENTIFIER.findall(each)}))
