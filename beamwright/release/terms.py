"""Reads the terms that Erlang and Elixir write into files: .app, rebar.lock, hex_metadata.config, mix.lock.

A tuple is a tuple, a list or a map's pairs a list, atoms are Atom, strings and binaries str, numbers float or
int. What such files never hold (funs, references, arithmetic) is refused with ValueError.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Term = object


class Atom(str):
    """An atom: equal to its name as text."""

    __slots__ = ()


_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<open>%\{|\#\{|\{|\[)
    | (?P<comment>[%\#][^\n]*)
    | (?P<close>\}|\])
    | (?P<next>=>|[,.|])
    | (?P<key>"(?:[^"\\]|\\.)*":(?=\s)|[a-z_]\w*:(?=\s))
    | (?P<binary><<\s*(?:"(?:[^"\\]|\\.)*"(?:/utf8)?|[\d,\s]*)\s*>>)
    | (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<number>-?\d+(?:\.\d+(?:[eE][+-]?\d+)?)?)
    | (?P<atom>'(?:[^'\\]|\\.)*'|:"(?:[^"\\]|\\.)*"|:?[a-z_][\w@]*[?!]?)
    """,
    re.VERBOSE | re.ASCII,
)
_CLOSING = {"{": "}", "%{": "}", "#{": "}", "[": "]"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)

Token = tuple[str, str]


def consult(text: str) -> list[Term]:
    """The terms of a file: each ends with a dot, or is the only one; ValueError when it is none."""
    tokens = list(_tokens(text))
    tokens.reverse()
    terms: list[Term] = []
    while tokens:
        terms.append(_term(tokens))
        if tokens and tokens.pop() != ("next", "."):
            raise ValueError("a term does not end where it should")
    return terms


def proplist(term: Term) -> dict[str, Term]:
    """The pairs of a list of pairs, by their keys; what is no pair is passed over."""
    pairs = term if isinstance(term, list) else []
    return {
        pair[0]: pair[1] for pair in pairs if isinstance(pair, tuple) and len(pair) == 2 and _word(pair[0])
    }


def words(term: Term) -> tuple[str, ...]:
    """The atoms and strings of a list."""
    return tuple(str(each) for each in term if _word(each)) if isinstance(term, list) else ()


def _word(term: Term) -> bool:
    return isinstance(term, str)


def _tokens(text: str) -> Iterator[Token]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise ValueError(f"no term at {text[position : position + 20]!r}")
        position = match.end()
        if match.lastgroup not in ("space", "comment"):
            yield match.lastgroup, match.group()


def _term(tokens: list[Token]) -> Term:
    """Takes one term off the end of the reversed tokens."""
    if not tokens:
        raise ValueError("the file ends in a term")
    kind, text = tokens.pop()
    match kind:
        case "open":
            return _collection(tokens, text)
        case "key":
            return Atom(_unquote(text[:-1])), _term(tokens)
        case "binary":
            return _binary(text[2:-2].strip())
        case "string":
            return _strings(tokens, _unquote(text))
        case "number":
            return float(text) if "." in text else int(text)
        case "atom":
            return Atom(_unquote(text.removeprefix(":")))
    raise ValueError(f"no term begins with {text!r}")


def _collection(tokens: list[Token], opened: str) -> Term:
    found: list[Term] = []
    while tokens and tokens[-1][1] != _CLOSING[opened]:
        found.append(_term(tokens))
        if tokens and tokens[-1] == ("next", "=>"):
            tokens.pop()
            found.append((found.pop(), _term(tokens)))
        if tokens and tokens[-1][0] == "next":
            tokens.pop()
    if not tokens:
        raise ValueError(f"{opened} is not closed")
    tokens.pop()
    return tuple(found) if opened == "{" else found


def _strings(tokens: list[Token], first: str) -> str:
    """Strings that stand side by side are one."""
    text = first
    while tokens and tokens[-1][0] == "string":
        text += _unquote(tokens.pop()[1])
    return text


def _binary(inside: str) -> str:
    """The text of a binary: a string, with or without /utf8, or numbers."""
    if inside.startswith('"'):
        return _unquote(inside.removesuffix("/utf8"))
    return bytes(int(number) for number in inside.split(",") if number.strip()).decode("utf-8", "replace")


def _unquote(text: str) -> str:
    if text[:1] not in ("'", '"'):
        return text
    return _ESCAPE.sub(lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1]), text[1:-1])
