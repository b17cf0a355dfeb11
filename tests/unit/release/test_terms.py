"""Terms as Erlang and Elixir write them into files."""

from __future__ import annotations

import pytest

from beamwright.release.terms import Atom, consult, proplist, words


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        ("%% nothing\n", []),
        ("{a, 'B c', \"d\\\"e\", <<\"f>>g\">>, <<\"ü\"/utf8>>, <<104,105>>, <<>>}.",
         [("a", "B c", 'd"e', "f>>g", "ü", "hi", "")]),
        ("[1, -2, 3.5e2].\n[].", [[1, -2, 350.0], []]),
        ('"one " "two".', ["one two"]),
        ("#{a => 1, <<\"b\">> => [c|d]}.", [[("a", 1), ("b", ["c", "d"])]]),
        ('%{"a": {:hex, :b, "1.0", [c: "~> 1", d: false], :"e-f"}, }',
         [[("a", ("hex", "b", "1.0", [("c", "~> 1"), ("d", "false")], "e-f"))]]),
        ("# a comment of Elixir\n%{}", [[]]),
    ],
    ids=["empty", "comment", "text", "numbers", "adjacent", "map", "elixir", "elixir comment"],
)  # fmt: skip
def test_a_term_is_read(text: str, terms: list[object]) -> None:
    assert consult(text) == terms


def test_an_atom_is_told_from_text() -> None:
    atom, text = consult('a. "a".')
    assert isinstance(atom, Atom) and not isinstance(text, Atom)


@pytest.mark.parametrize("text", ["{a", "{a]}.", "fun() -> ok end.", "a b.", "{a,", "<<1:4>>.", "]."])
def test_what_is_no_term_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        consult(text)


def test_pairs_and_words() -> None:
    (term,) = consult('[{a, [b, <<"c">>, 1]}, d, {1, 2}, {e, f, g}].')
    assert proplist(term) == {"a": ["b", "c", 1]}
    assert words(proplist(term)["a"]) == ("b", "c")
    assert proplist(None) == {} and words(None) == ()
