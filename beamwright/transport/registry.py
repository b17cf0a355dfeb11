"""An image registry over HTTP: asks what it has, sends what it lacks.

Source: github.com/opencontainers/distribution-spec (spec.md, "Push" and "Content Discovery").
"""

from __future__ import annotations

import hashlib
import time
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import IO
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.util import Retry

from beamwright.command import Secret
from beamwright.errors import ConfigError
from beamwright.transport.registry_errors import BUSY, LostError, refused, translated
from beamwright.transport.registry_login import Login, origin

_SECONDS = (10, 300)
"""To connect, and between two bytes: a registry digests a large blob before it answers."""

PAUSES = (0.5, 2.0)
"""Seconds before an upload that was lost begins again: a blob is named by its digest, twice does no harm."""

_MANIFESTS = "application/vnd.oci.image.manifest.v1+json"


class Registry:
    """One repository of a registry; `host` is `name[:port]`. To be closed, or used in a `with` block.

    `login` is a user with a password or token, sent to that registry and to the token service that it names.
    `ca` is a PEM file to trust instead of the machine's; `insecure` is plain HTTP. `elsewhere` is another
    repository there, from which the registry may take blobs by itself. Every method raises
    UnreachableError when the registry does not answer, is not trusted or refuses the login, ConfigError when
    it refuses the repository's name.
    """

    def __init__(
        self,
        host: str,
        repository: str,
        login: tuple[str, Secret] | None = None,
        ca: Path | None = None,
        insecure: bool = False,
        elsewhere: str = "",
        pauses: tuple[float, ...] = PAUSES,
    ) -> None:
        if ca is not None and not ca.is_file():
            raise ConfigError(f"registry.ca: there is no file {ca}")
        self.host = host
        self._pauses = pauses
        self._base = f"{'http' if insecure else 'https'}://{host}/v2/{repository}/"
        self._session = requests.Session()
        # Of the session it would be beaten by REQUESTS_CA_BUNDLE.
        self._trusted = str(ca) if ca else None
        self._elsewhere = f"&from={elsewhere}" if elsewhere else ""
        self._login = Login(origin(self._base), (repository, *([elsewhere] if elsewhere else ())), login)
        self._session.auth = self._login
        # A registry that may set a cookie takes its client for a browser, and wants more of it.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        again = Retry(
            total=3,
            connect=1,
            other=0,
            allowed_methods=["GET", "HEAD"],
            status_forcelist=BUSY,
            raise_on_status=False,
            backoff_factor=0.5,
        )
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=again))

    def __enter__(self) -> Registry:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def has_blob(self, digest: str) -> bool:
        """Whether the repository has the blob; `digest` is `sha256:…`, here and below."""
        return self._call("HEAD", f"blobs/{digest}", good=(200, 404)).status_code == 200

    def put_blob(self, digest: str, content: Path) -> int:
        """Sends a blob: the bytes that were sent, 0 when the registry took it from another repository."""
        for seconds in self._pauses:
            try:
                return self._upload(digest, content)
            except LostError:
                time.sleep(seconds)
        return self._upload(digest, content)

    def put_manifest(self, tag: str, content: bytes, media_type: str) -> None:
        """Sends the manifest, which is what makes the blobs an image with that tag."""
        self._call("PUT", f"manifests/{tag}", (201,), data=content, headers={"Content-Type": media_type})

    def manifest_digest(self, tag: str) -> str:
        """The digest of the manifest with that tag; empty when there is none."""
        shown = self._manifest("HEAD", tag)
        if shown.status_code != 200:
            return ""
        # A registry should name it, and need not.
        return shown.headers.get("Docker-Content-Digest") or self._digest(tag)

    def _digest(self, tag: str) -> str:
        got = self._manifest("GET", tag)
        return f"sha256:{hashlib.sha256(got.content).hexdigest()}" if got.status_code == 200 else ""

    def _manifest(self, method: str, tag: str) -> requests.Response:
        return self._call(method, f"manifests/{tag}", (200, 404), headers={"Accept": _MANIFESTS})

    def _upload(self, digest: str, content: Path) -> int:
        """Opens a session and sends the blob in one request, unless the registry finds it elsewhere."""
        opened = self._call("POST", f"blobs/uploads/?mount={digest}{self._elsewhere}", (201, 202))
        if opened.status_code == 201:
            return 0
        address = requests.Request("PUT", urljoin(opened.url, opened.headers.get("Location", ""))).prepare()
        address.prepare_url(address.url, {"digest": digest})
        with content.open("rb") as file:
            headers = {"Content-Type": "application/octet-stream"}
            self._call("PUT", str(address.url), (201,), data=file, headers=headers)
        return content.stat().st_size

    def _call(
        self,
        method: str,
        path: str,
        good: tuple[int, ...],
        data: bytes | IO[bytes] | None = None,
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        """The answer, when its status is a good one; a challenge is answered once."""
        with translated(self.host):
            answer = self._send(method, path, data, headers)
            challenge = answer.headers.get("WWW-Authenticate", "")
            if answer.status_code == 401 and self._login.answer(challenge, self._get):
                answer = self._send(method, path, data, headers)
        if answer.status_code not in good:
            raise refused(self.host, self._base, answer)
        return answer

    def _send(
        self, method: str, path: str, data: bytes | IO[bytes] | None, headers: dict[str, str] | None
    ) -> requests.Response:
        if data is not None and not isinstance(data, bytes):
            data.seek(0)
        return self._session.request(
            method,
            urljoin(self._base, path),
            data=data,
            headers=headers,
            timeout=_SECONDS,
            verify=self._trusted,
            # Followed, a POST or PUT would become a GET.
            allow_redirects=method == "HEAD",
        )

    def _get(self, address: str, asked: dict[str, str | list[str]], login: AuthBase) -> requests.Response:
        return self._session.get(address, params=asked, auth=login, timeout=_SECONDS, verify=self._trusted)
