"""What somebody gives on the command line: read, or refused by name."""

from __future__ import annotations

import sys
from pathlib import Path

from beamwright import fleet
from beamwright.console import Screen
from beamwright.errors import ConfigError
from beamwright.fleet import Fleet, Host
from beamwright.fleet.select import select


def read(path: str) -> Fleet:
    """The fleet of a file."""
    return fleet.load(Path(path))


def number(name: str, text: str, digits: int = 9) -> int:
    """The number, from 0 on, that somebody gave; ConfigError when it is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= digits):
        raise ConfigError(f"{name}: {text!r} is no number", hint="0 or more")
    return int(text)


def choose(screen: Screen, declared: Fleet, hosts: str, yes: bool, verb: str) -> tuple[Host, ...]:
    """The hosts that are meant; without a choice the whole fleet, after a question."""
    chosen = select(declared, hosts)
    if not hosts:
        screen.confirm(f"{verb} all {len(chosen)} hosts of the fleet?", yes, sys.stdin.readline)
    return chosen


def write(path: Path, text: str) -> None:
    """Writes a file that somebody asked for; ConfigError when it can't be."""
    try:
        path.write_text(text, "utf-8")
    except OSError as exc:
        raise ConfigError(f"{path}: {exc.strerror}") from exc
