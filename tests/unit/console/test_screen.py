"""What a screen prints, where, and what it asks."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest

from beamwright.console import Screen
from beamwright.errors import ConfigError, NoAnswerError, VerifyError
from tests.unit.console.conftest import Printed

HOSTILE = "[bold]x[/bold] [/] :bomb: \\"


@pytest.mark.parametrize(
    "show",
    [
        lambda screen: screen.note(HOSTILE),
        lambda screen: screen.heading(HOSTILE),
        lambda screen: screen.line(True, HOSTILE, 1.0),
        lambda screen: screen.error(VerifyError(HOSTILE, detail=HOSTILE, hint=HOSTILE)),
    ],
    ids=["note", "heading", "line", "error"],
)
def test_what_is_no_result_goes_to_standard_error_as_it_is(
    plain: Printed, show: Callable[[Screen], None]
) -> None:
    show(plain.screen)
    assert plain.out == ""
    assert HOSTILE in plain.err


@pytest.mark.parametrize("text", [HOSTILE, "a\tb", "bell\a", "x" * 500, "", "  indented", "\x1b[31mred"])
def test_raw_text_is_not_touched(plain: Printed, text: str) -> None:
    plain.screen.raw(text)
    assert (plain.out, plain.err) == (f"{text}\n", "")


def test_json_is_alone_on_standard_output(plain: Printed) -> None:
    plain.screen.heading("verify")
    plain.screen.json({"a": HOSTILE})
    plain.screen.line(False, "ams1")
    assert json.loads(plain.out) == {"a": HOSTILE}


def test_an_error_says_what_what_was_printed_and_how_to_mend_it(plain: Printed) -> None:
    plain.screen.error(ConfigError("no cookie", detail="one\ntwo\n", hint="beamwright init"))
    assert plain.err == "error no cookie\n  │ one\n  │ two\nhint  beamwright init\n"


def test_every_line_of_a_hint_can_be_copied(plain: Printed) -> None:
    plain.screen.error(ConfigError("two keys", hint="keyscan [a]\nkeyscan [b]"))
    assert plain.err == "error two keys\nhint  keyscan [a]\nkeyscan [b]\n"


def test_a_row_is_a_line_where_nobody_watches(plain: Printed) -> None:
    plain.screen.table(("host", "path"), [("ams1", "y" * 200), (HOSTILE, "z")])
    lines = plain.out.splitlines()
    assert len(lines) == 3
    assert "y" * 200 in lines[1]
    assert lines[2].startswith(HOSTILE)


def test_nothing_to_note_is_no_line(plain: Printed) -> None:
    plain.screen.note("")
    assert plain.err == ""


def test_a_locale_without_the_tick_is_no_traceback() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Screen(stream, stream).line(True, "ams1")
    stream.flush()
    assert raw.getvalue() == b"  ? ams1\n"


@pytest.mark.parametrize("answer", ["y\n", "yes\n", " Y \n"])
def test_a_yes_goes_on(watched: Printed, answer: str) -> None:
    watched.screen.confirm("All?", False, lambda: answer)
    assert "All? [y/N] " in watched.err


@pytest.mark.parametrize("answer", ["n\n", "\n", "", "yess\n"])
def test_anything_else_does_nothing(watched: Printed, answer: str) -> None:
    with pytest.raises(ConfigError, match="nothing was done"):
        watched.screen.confirm("All?", False, lambda: answer)


def test_where_nobody_is_there_nobody_is_asked(plain: Printed) -> None:
    with pytest.raises(ConfigError, match="Nobody is here to ask") as caught:
        plain.screen.confirm("All?", False, lambda: "y")
    assert "--yes" in caught.value.hint
    plain.screen.confirm("All?", True, lambda: "n")


def test_again_ends_with_ctrl_c(plain: Printed) -> None:
    shown = []

    def show() -> None:
        shown.append(1)
        if len(shown) == 3:
            raise KeyboardInterrupt

    plain.screen.again(0.001, show)
    assert len(shown) == 3
    plain.screen.again(None, lambda: shown.append(1))
    assert len(shown) == 4


def test_again_goes_on_past_an_error_and_once_does_not(plain: Printed) -> None:
    shown = []

    def show() -> None:
        shown.append(1)
        if len(shown) == 3:
            raise KeyboardInterrupt
        raise NoAnswerError("ams2: no connection")

    plain.screen.again(0.001, show)
    assert (len(shown), plain.err.count("error ams2: no connection")) == (3, 2)
    with pytest.raises(NoAnswerError):
        plain.screen.again(None, show)
