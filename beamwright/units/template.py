"""Fills in the templates of systemd/; a file of that name in the project's systemd/ beats the built-in."""

from __future__ import annotations

import functools
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template, TemplateError

from beamwright import resources
from beamwright.errors import ConfigError
from beamwright.fleet import Fleet

# No autoescape: HTML's escapes would spoil a unit. Values arrive prepared by units/escape.py.
_JINJA = Environment(
    undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True
)


def fill(fleet: Fleet, name: str, **values: object) -> str:
    """The text of `systemd/<name>` with the values in place; ConfigError when the template is wrong."""
    path = resources.find(f"systemd/{name}", fleet.folder)
    try:
        return _read(path, path.stat().st_mtime_ns).render(values)
    except (OSError, UnicodeDecodeError, TemplateError) as exc:
        raise ConfigError(
            f"{path}: {exc}", hint="mend the template, or remove it to use the built-in one"
        ) from exc


@functools.lru_cache(maxsize=64)
def _read(path: Path, _changed: int) -> Template:
    """The template in a file: compiling takes a hundred times as long as filling it in for one more host."""
    return _JINJA.from_string(path.read_text("utf-8"))
