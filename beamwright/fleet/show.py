"""How messages show what stands in a file: values, key paths, and the nearest word to a mistyped one."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable

Key = tuple[str | int, ...]
"""Where a value stands: `("clusters", "ams", "hosts", "ams1", "address")`; whole numbers index arrays."""

_LONGEST = 80


def show(value: object) -> str:
    """One value as TOML writes it, in one short line; tables, arrays and dates only by their kind."""
    match value:
        case str() | bool():
            text = json.dumps(value, ensure_ascii=False)
        case int():
            # Python refuses to print an int of over 4300 digits, and 0x… in TOML can hold one.
            text = str(value) if value.bit_length() < 256 else "a huge number"
        case float():
            text = str(value)
        case dict():
            text = "a table"
        case list():
            text = "an array"
        case _:
            text = f"a {type(value).__name__}"
    return shorten(text)


def shorten(text: str) -> str:
    """The text, cut in the middle when it is too long for a message."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}…{text[-_LONGEST // 4 :]}"


def dotted(key: Key) -> str:
    """The key's path as TOML writes it: `clusters.ams.hosts."a b".port`, `node.vm_args[0]`."""
    path = ""
    for step in key:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            bare = re.fullmatch(r"[A-Za-z0-9_-]+", step)
            path += ("." if path else "") + shorten(step if bare else json.dumps(step, ensure_ascii=False))
    return path


def nearest(word: str, words: Iterable[str]) -> str:
    """The word most like the mistyped one; empty when none is near."""
    found = difflib.get_close_matches(word[:_LONGEST], list(words), n=1)
    return found[0] if found else ""
