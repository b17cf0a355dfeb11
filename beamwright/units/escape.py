"""Any text as itself, in the languages that hold values of the user's.

Exec lines of unit files (systemd.service(5), COMMAND LINES), files of EnvironmentFile= (systemd.exec(5)) and
podman's each quote in their own way, or not at all. What cannot be said in them is refused here, by the key
that it came from.
"""

from __future__ import annotations

import re

from beamwright.errors import ConfigError

_PLAIN = re.compile(r"[A-Za-z0-9_@+=:,./-]+")
_IN_ENVIRONMENT = str.maketrans({char: "\\" + char for char in '"\\`$'})
_IN_WORD = str.maketrans(
    {chr(code): f"\\x{code:02x}" for code in (*range(1, 32), 127)}
    | {"\\": "\\\\", '"': '\\"', "%": "%%", "$": "$$"}
)


def word(text: str, key: str) -> str:
    """`text` as one word of an Exec line; `key` names where it came from in the error."""
    _refuse_unsayable(text, key)
    return text if _PLAIN.fullmatch(text) else f'"{text.translate(_IN_WORD)}"'


def environment_value(text: str, key: str) -> str:
    """`text` as the value of a line of an EnvironmentFile=; a POSIX shell reads the same from it."""
    _refuse_unsayable(text, key)
    return text if _PLAIN.fullmatch(text) or not text else f'"{text.translate(_IN_ENVIRONMENT)}"'


def podman_value(text: str, key: str) -> str:
    """`text` as the value of a line of podman's --env-file, which takes it as it stands (podman-run(1))."""
    _refuse_unsayable(text, key)
    return text


def _refuse_unsayable(text: str, key: str) -> None:
    """ConfigError for NUL and for what systemd does not take for UTF-8 (unichar_is_valid in its source).

    One such character anywhere makes systemd drop the whole line or file, so it must not get that far.
    """
    # A list of peers is long, and ASCII: it need not be looked through letter by letter.
    for char in text if not text.isascii() or "\0" in text else "":
        code = ord(char)
        if code == 0 or 0xD800 <= code <= 0xDFFF or 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE:
            raise ConfigError(
                f"{key}: contains U+{code:04X}, which systemd does not accept", hint="leave it out"
            )
