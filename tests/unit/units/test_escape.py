"""Any text comes out of systemd as itself, or is refused by its key."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beamwright.errors import ConfigError
from beamwright.units.escape import environment_value, word

# Texts of what means something to systemd, more often than chance would have it.
_TEXTS = st.text() | st.text(alphabet="a %i$${}()\\\"'`;#=\n\t\r\x1bé\u2028")
_UNSAYABLE = ["\0", "a\ufffe", "\ufdd0", "\U0001ffff", "\ud800"]


def _sayable(text: str) -> bool:
    try:
        environment_value(text, "key")
    except ConfigError:
        return False
    return True


@given(_TEXTS.filter(_sayable))
def test_an_environment_value_is_read_back_as_itself(
    read_environment: Callable[[str], dict[str, str]], text: str
) -> None:
    lines = f"BEFORE=1\nX={environment_value(text, 'key')}\nAFTER=2\n"
    assert read_environment(lines) == {"BEFORE": "1", "X": text, "AFTER": "2"}


@given(st.lists(_TEXTS.filter(_sayable), min_size=1))
def test_words_are_read_back_as_themselves(
    read_words: Callable[[str], tuple[str, ...]], texts: list[str]
) -> None:
    assert read_words(" ".join(word(text, "key") for text in texts)) == tuple(texts)


@pytest.mark.parametrize("escape", [word, environment_value])
@pytest.mark.parametrize("text", _UNSAYABLE, ids=ascii)
def test_what_systemd_does_not_take_is_refused_by_its_key(
    escape: Callable[[str, str], str], text: str
) -> None:
    with pytest.raises(ConfigError, match=r"^node\.env\.X: contains U\+"):
        escape(text, "node.env.X")


@pytest.mark.parametrize(
    "text, as_word, as_value",
    [
        ("+S", "+S", "+S"),
        ("", '""', ""),
        ("a b", '"a b"', '"a b"'),
        ("100%", '"100%%"', '"100%"'),
        ("$HOME", '"$$HOME"', '"\\$HOME"'),
        (";", '";"', '";"'),
        ('"', '"\\""', '"\\""'),
        ("a\nb", '"a\\x0ab"', '"a\nb"'),
    ],
)
def test_texts_look_like_this(text: str, as_word: str, as_value: str) -> None:
    assert (word(text, "key"), environment_value(text, "key")) == (as_word, as_value)
