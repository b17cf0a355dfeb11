"""Logging in to a registry: Basic (RFC 7617), or a token of the service that the registry names.

Source: distribution.github.io/distribution/spec/auth/token.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from beamwright.command import Secret

Get = Callable[[str, dict[str, str | list[str]], AuthBase], requests.Response]
"""Gets an address with parameters and a login."""

_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
"""Of a challenge (RFC 9110, 11.2)."""


_HEADER = re.compile(r"[\x21-\x7e]+")
"""What a token is made of at most: a header holds one line."""


class Login(AuthBase):
    """What the registry wants to see in each request, once `answer` has found out.

    It is sent to no other origin: where to upload may be the address of a cloud's storage.
    """

    def __init__(
        self, registry: str, repositories: tuple[str, ...], login: tuple[str, Secret] | None
    ) -> None:
        """The first of the repositories is to be written to, the others are to be read."""
        self._registry = registry
        written, *read = repositories
        self._scopes = [f"repository:{written}:pull,push", *(f"repository:{name}:pull" for name in read)]
        self._login = login
        self._header = ""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Adds the header; a session without any such callable would send what ~/.netrc has."""
        if self._header and origin(request.url or "") == self._registry:
            request.headers["Authorization"] = self._header
        return request

    def answer(self, challenge: str, get: Get) -> bool:
        """Whether there is a new answer to the challenge, a WWW-Authenticate header."""
        scheme, _, parameters = challenge.partition(" ")
        header = ""
        if scheme.lower() == "bearer":
            header = self._token(dict(_PARAMETER.findall(parameters)), get)
        elif scheme.lower() == "basic" and self._login:
            request = requests.PreparedRequest()
            request.headers = requests.structures.CaseInsensitiveDict()
            header = str(self._basic()(request).headers["Authorization"])
        new = bool(header) and header != self._header
        self._header = header
        return new

    def _token(self, challenge: dict[str, str], get: Get) -> str:
        """A token of the service in the challenge, for nobody in particular without a login."""
        realm = challenge.get("realm", "")
        if urlsplit(realm).scheme not in ("https", urlsplit(self._registry).scheme):
            return ""  # the password would leave TLS
        asked: dict[str, str | list[str]] = {"service": challenge.get("service", ""), "scope": self._scopes}
        answer = get(realm, asked, self._basic())
        token = _token_in(answer) if answer.status_code == 200 else ""
        return f"Bearer {token}" if token else ""

    def _basic(self) -> AuthBase:
        if self._login is None:
            return _Nobody()
        user, password = self._login
        return HTTPBasicAuth(user.encode(), password.reveal().encode())


def _token_in(answer: requests.Response) -> str:
    """The token that a service has sent; nothing when it has sent anything else."""
    try:
        found = answer.json()
    except ValueError:
        return ""
    if not isinstance(found, dict):
        return ""
    token = found.get("token") or found.get("access_token")
    return token if isinstance(token, str) and _HEADER.fullmatch(token) else ""


class _Nobody(AuthBase):
    """No login."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def origin(url: str) -> str:
    """Scheme, name and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
