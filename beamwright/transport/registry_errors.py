"""What goes wrong with a registry, in words, by what the operator does next."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from beamwright.errors import BeamwrightError, ConfigError, UnreachableError

BUSY = (429, 502, 503, 504)
"""Statuses that say to try again."""


class LostError(UnreachableError):
    """No answer, or one that says to try again."""


@contextmanager
def translated(host: str) -> Iterator[None]:
    """Raises our errors for those of requests."""
    try:
        yield
    except requests.exceptions.SSLError as exc:
        raise UnreachableError(
            f"registry {host}: its certificate is not trusted, or it speaks no TLS",
            hint="name its CA in registry.ca; plain HTTP needs registry.insecure",
            detail=_cause(exc),
        ) from exc
    except requests.exceptions.RequestException as exc:
        raise LostError(
            f"registry {host} does not answer", hint="see registry.repository", detail=_cause(exc)
        ) from exc


def refused(host: str, address: str, answer: requests.Response) -> BeamwrightError:
    """What an answer that is no good means; `address` is the repository's."""
    detail = _errors(answer)
    match answer.status_code:
        case 401 | 403:
            return UnreachableError(
                f"registry {host} refuses the login for {address}",
                hint="see registry.user and registry.password in fleet.toml, and the user's rights there",
                detail=detail,
            )
        case 400 | 404 | 405:
            return ConfigError(
                f"registry {host} does not take {address}",
                hint="see registry.repository: some registries want the repository made first",
                detail=detail,
            )
        case status if status in BUSY:
            return LostError(f"registry {host} is busy (HTTP {status})", detail=detail)
        case status:
            return UnreachableError(f"registry {host} answers HTTP {status}", detail=detail)


def _cause(exc: requests.exceptions.RequestException) -> str:
    """What urllib3 says of it, without the stack of what failed because of it."""
    inner = exc.args[0] if exc.args else exc
    return str(getattr(inner, "reason", inner))


def _errors(answer: requests.Response) -> str:
    """What the registry says is wrong (distribution-spec, "Error Codes"), or the head of what it sent."""
    try:
        return "\n".join(f"{each['code']}: {each.get('message', '')}" for each in answer.json()["errors"])
    except (json.JSONDecodeError, requests.exceptions.JSONDecodeError, KeyError, TypeError):
        return answer.text[:500]
