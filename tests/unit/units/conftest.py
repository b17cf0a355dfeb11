"""A fleet without files, and systemd's two quoting languages read back.

The readers take exactly what beamwright.units.escape writes: anything else is an assertion. Transcribed from
parse_env_file_internal (env-file.c) and extract_first_word, unit_full_printf, replace_env of systemd 252.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from beamwright.fleet import Fleet, load

_FLEET = """\
secrets = "secrets"
[project]
name = "courier"
tool = "mix"
[node]
count = 2
ports = { http = 8080 }
health = { http = "/healthz" }
allow_from = ["192.0.2.0/24"]
secrets = { api_key = "api_key" }
[clusters.ams.hosts.ams1]
address = "10.0.0.1"
[clusters.ams.hosts.ams2]
address = "10.0.0.2"
[clusters.fra.hosts.fra1]
address = "10.1.0.1"
"""

_ASSIGNMENT = re.compile(r'#[^\n]*\n|([A-Za-z_]\w*)=(?:"((?:[^"\\]|\\.)*)"|([^\s"\'\\`$#;]*))\n', re.DOTALL)
_WORD = re.compile(r'"((?:[^"\\\n]|\\[^\n])*)"|([^\s"\'\\;%$]+)')


def _read_environment(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    end = 0
    for match in _ASSIGNMENT.finditer(text):
        assert match.start() == end, f"not understood: {text[end:]!r}"
        end = match.end()
        if name := match[1]:
            quoted = re.sub(r"\\(.)", _unescape_in_environment, match[2] or "", flags=re.DOTALL)
            found[name] = quoted or match[3] or ""
    assert end == len(text), f"not understood: {text[end:]!r}"
    return found


def _unescape_in_environment(match: re.Match[str]) -> str:
    if match[1] == "\n":
        return ""
    return match[1] if match[1] in '"\\`$' else match[0]


def _read_words(text: str) -> tuple[str, ...]:
    words = []
    end = 0
    for match in _WORD.finditer(text):
        assert text[end : match.start()] == (" " if end else ""), f"not understood: {text[end:]!r}"
        end = match.end()
        words.append(_expand(match[1] if match[2] is None else match[2]))
    assert end == len(text), f"not understood: {text[end:]!r}"
    return tuple(words)


def _expand(word: str) -> str:
    """C escapes, then specifiers, then variables: the order of config_parse_exec and exec_child."""
    for pattern, escaped in ((r"\\(x..|.)", _c_escape), (r"%(.?)", _same), (r"\$(.?)", _same)):
        word = re.sub(pattern, escaped, word, flags=re.DOTALL)
    return word


def _c_escape(match: re.Match[str]) -> str:
    if match[1][0] == "x":
        return chr(int(match[1][1:], 16))
    assert match[1] in '\\"', match[0]
    return match[1]


def _same(match: re.Match[str]) -> str:
    """`%%` → `%`, `$$` → `$`; one that stands alone would have been expanded by systemd."""
    assert match[1] == match[0][0], f"systemd would expand {match[0]!r}"
    return match[1]


@pytest.fixture(scope="session")
def read_environment() -> Callable[[str], dict[str, str]]:
    """What systemd reads from a file of EnvironmentFile=."""
    return _read_environment


@pytest.fixture(scope="session")
def read_words() -> Callable[[str], tuple[str, ...]]:
    """What a program gets as its arguments from the words of an Exec line."""
    return _read_words


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    file: Path = tmp_path_factory.mktemp("fleet") / "fleet.toml"
    file.write_text(_FLEET, "utf-8")
    return load(file)
