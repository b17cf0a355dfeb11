"""What is wrong with a fleet file, in plain words: pydantic's errors → defects → one ConfigError."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from beamwright.errors import ConfigError
from beamwright.fleet.show import Key, dotted, nearest, show
from beamwright.fleet.table import Spec

_MOST = 20
"""Defects that are explained; more of them are only counted."""

_KINDS = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "an array, such as [ … ]",
    "dict_type": "a table",
    "model_type": "a table",
}

_MISSING = {
    "project": 'add [project] with name = "…" and tool = "mix" or "rebar3"',
    "clusters": "add one: [clusters.NAME.hosts.HOST]",
    "hosts": "add one: [{}.HOST]",
    "name": 'such as name = "my_app"',
    "tool": 'tool = "mix" or tool = "rebar3"',
}


@dataclass(frozen=True)
class Defect:
    """One thing to mend: the key it is at, what is wrong there, and a hint that may be empty."""

    key: Key
    what: str
    hint: str = ""

    def line(self) -> str:
        """All of it, for a list of several."""
        return f"{dotted(self.key)}: {self.what}" + (f" ({self.hint})" if self.hint else "")


def refusal(path: Path, defects: Sequence[Defect], total: int = 0) -> ConfigError:
    """One error for all defects: the first with its hint, and when there are more, all as detail."""
    first, total = defects[0], max(total, len(defects))
    more = f" (and {total - 1} more)" if total > 1 else ""
    lines = [defect.line() for defect in defects[:_MOST]] + ["…"] * (total > _MOST)
    return ConfigError(
        f"{path}: {dotted(first.key)}: {first.what}{more}",
        hint=first.hint,
        detail="\n".join(lines) if total > 1 else "",
    )


def explain(path: Path, root: type[Spec], error: ValidationError) -> ConfigError:
    """The error of a file that is TOML and not what `root` says; unknown keys first, they explain others."""
    details = sorted(error.errors(include_url=False), key=lambda detail: detail["type"] != "extra_forbidden")
    return refusal(path, [defect(root, detail) for detail in details[:_MOST]], len(details))


def defect(root: type[Spec], detail: ErrorDetails) -> Defect:
    """What pydantic says of one key of a table of that kind, in plain words."""
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    key = detail["loc"]
    if key[-1] == "[key]" and kind != "extra_forbidden":  # pydantic's way to say: not the value, the key
        key = key[:-1]
    if kind == "wrong":
        return Defect(key, context["what"], context["hint"])
    if kind == "extra_forbidden":
        return Defect(key, "unknown key", _known(_table(root, key[:-1]), str(key[-1])))
    if kind in ("missing", "too_short"):
        return Defect(key, "is missing" if kind == "missing" else "is empty", _missing(key))
    if kind == "literal_error":
        words = re.findall(r"'([^']*)'", context["expected"])
        likely = nearest(value, words) if isinstance(value, str) else ""
        hint = f'did you mean "{likely}"?' if likely else ""
        return Defect(key, f"must be {' or '.join(map(show, words))}, is {show(value)}", hint)
    if kind in _KINDS:
        return Defect(key, f"must be {_KINDS[kind]}, is {show(value)}", _retyped(kind, key, value))
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = f"at least {context['ge']}" if "ge" in context else f"at most {context['le']}"
        return Defect(key, f"must be {bound}, is {show(value)}")
    return Defect(key, f"{detail['msg']}, is {show(value)}")


def _missing(key: Key) -> str:
    hint = _MISSING.get(str(key[-1]), "")
    return hint.format(dotted(key))


def _known(table: type[Spec], word: str) -> str:
    likely = nearest(word, table.model_fields)
    return f"did you mean {likely}?" if likely else f"known here: {', '.join(table.model_fields)}"


def _table(root: type[Spec], key: Key) -> type[Spec]:
    """The spec of the table that stands at the key."""
    steps = iter(key)
    for step in steps:
        annotation = root.model_fields[str(step)].annotation
        root = next(_specs(annotation))
        if get_origin(annotation) is dict:
            next(steps, None)
    return root


def _specs(annotation: Any) -> Iterator[type[Spec]]:
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        yield annotation
    for inner in get_args(annotation):
        yield from _specs(inner)


def _retyped(kind: str, key: Key, value: object) -> str:
    """The same value in the type that the key wants, where that can be told."""
    mended = ""
    if kind == "int_type" and isinstance(value, str) and value.isascii() and value.isdigit():
        mended = value[:40]
    elif kind == "int_type" and isinstance(value, float) and value.is_integer() and abs(value) < 1e9:
        mended = str(int(value))
    elif kind == "string_type" and isinstance(value, int | float):
        mended = f'"{show(value)}"'
    elif kind == "bool_type" and str(value).lower() in ("true", "yes", "on", "1"):
        mended = "true"
    elif kind == "bool_type" and str(value).lower() in ("false", "no", "off", "0"):
        mended = "false"
    elif kind == "tuple_type" and isinstance(value, str):
        mended = f"[{show(value)}]"
    if not mended:
        return ""
    return f"write {mended}" if isinstance(key[-1], int) else f"write {dotted(key[-1:])} = {mended}"
