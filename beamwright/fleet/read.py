"""Reads a file that a person or another tool wrote: every way it can fail is a ConfigError."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from beamwright.errors import ConfigError
from beamwright.fleet.explain import explain
from beamwright.fleet.table import Spec

S = TypeVar("S", bound=Spec)

_LARGEST = 1 << 20
"""Bytes: a larger file is a mistake, and /dev/zero never ends."""


def read_text(path: Path, hint: str) -> str:
    """The text of a file in UTF-8; `hint` is for the one that is missing."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file", hint=hint) from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: is a folder", hint="name the file in it") from None
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}") from error
    if len(data) > _LARGEST:
        raise ConfigError(f"{path}: is larger than {_LARGEST >> 20} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}: is not UTF-8: byte {error.start}, line {line}") from None


def read_table(path: Path, spec: type[S], hint: str) -> S:
    """The file as the table that `spec` describes."""
    try:
        return spec.model_validate(read_toml(path, hint))
    except ValidationError as error:
        raise explain(path, spec, error) from None


def read_toml(path: Path, hint: str) -> dict[str, Any]:
    """The file as the table that it holds, whatever is in it."""
    text = read_text(path, hint)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError(f"{path}: is nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}", hint="toml.io shows how it is written") from None
    except ValueError:  # Python reads no decimal number of over 4300 digits
        raise ConfigError(f"{path}: a number in it has too many digits") from None
