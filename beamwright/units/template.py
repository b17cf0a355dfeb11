"""Fills in the templates of systemd/; a file of that name in the project's systemd/ beats the built-in."""

from __future__ import annotations

from jinja2 import Environment, StrictUndefined, TemplateError

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
        return _JINJA.from_string(path.read_text("utf-8")).render(values)
    except (OSError, UnicodeDecodeError, TemplateError) as exc:
        raise ConfigError(
            f"{path}: {exc}", hint="mend the template, or remove it to use the built-in one"
        ) from exc
