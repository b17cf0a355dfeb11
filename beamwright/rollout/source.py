"""Where a host gets the blobs of an image that are not sent to it, for the helper's `stage`."""

from __future__ import annotations

import base64
import json

from beamwright.errors import ConfigError
from beamwright.fleet import secrets
from beamwright.fleet.model import Registry


def source(registry: Registry) -> bytes:
    """Where the registry is, and how one gets in, a line each: the repository; `tls` or `plain`; base64 of
    a login, as containers-auth.json(5) has it; base64 of the CA's certificate. `-` stands for none.

    ConfigError when the password or the certificate can't be read.
    """
    way = "plain" if registry.insecure else "tls"
    return f"{registry.repository}\n{way}\n{_login(registry)}\n{_authority(registry)}\n".encode()


def _login(registry: Registry) -> str:
    known = secrets.login(registry)
    if known is None:
        return "-"
    user, password = known
    host = str(registry.repository).partition("/")[0]
    return _base64(
        json.dumps({"auths": {host: {"auth": _base64(f"{user}:{password.reveal()}".encode())}}}).encode()
    )


def _authority(registry: Registry) -> str:
    if registry.ca is None:
        return "-"
    try:
        return _base64(registry.ca.read_bytes())
    except OSError as exc:
        raise ConfigError(
            f"registry.ca: {registry.ca}: {exc.strerror}", hint="the PEM file of the registry's CA"
        ) from exc


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
