"""The way to the Docker Engine, and what is told when it is closed or breaks off."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
from docker.errors import DockerException
from docker.utils import kwargs_from_env
from requests.exceptions import RequestException

from beamwright.errors import BuildError, ConfigError

LOCAL = "unix:///var/run/docker.sock"
PATIENCE = 600
"""Seconds that one answer may take: making an image is one."""

FIRST = 10
"""Seconds for the first answer: an address where nobody is would else hold a build up for minutes."""


def connect() -> docker.DockerClient:
    """A connection to DOCKER_HOST, or to the local socket; ConfigError when nothing answers or may not."""
    where = _where()
    _check_socket(where)
    try:
        client = docker.from_env(timeout=FIRST)
        client.ping()
    except (DockerException, RequestException, OSError, ValueError) as exc:
        raise _nobody(where, str(exc)) from exc
    client.api.timeout = PATIENCE
    return client


@contextmanager
def told_when_it_breaks() -> Iterator[None]:
    """BuildError when the Engine fails, or goes away, in the midst of the block."""
    try:
        yield
    except (DockerException, RequestException) as exc:
        raise BuildError(
            "the Docker Engine failed",
            hint="`docker info` says how it is; build again when it answers",
            detail=str(exc),
        ) from exc


def _where() -> str:
    """The address that is tried."""
    try:
        return str(kwargs_from_env().get("base_url") or LOCAL)
    except (DockerException, ValueError):  # an address that is none, certificates that are not there
        return "DOCKER_HOST"


def _check_socket(where: str) -> None:
    """ConfigError for a socket that is not there, or not for this user: the SDK would tell neither apart."""
    scheme, _, path = where.partition("://")
    if scheme not in ("unix", "http+unix"):
        return
    socket = Path(path)
    if not socket.exists():
        raise _nobody(where, "")
    if not os.access(socket, os.W_OK):
        group = _group(socket)
        raise ConfigError(
            f"you may not use the Docker Engine at {socket}",
            hint=f"join the group {group}: sudo usermod --append --groups {group} $USER; then log in anew",
        )


def _nobody(where: str, detail: str) -> ConfigError:
    hint = "script/setup starts one" if where == LOCAL else "DOCKER_HOST names it: mend or unset it"
    return ConfigError(f"no Docker Engine answers at {where}", hint=hint, detail=detail)


def _group(socket: Path) -> str:
    try:
        return socket.group()
    except (KeyError, OSError):
        return "docker"
