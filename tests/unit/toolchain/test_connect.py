"""No Docker Engine, one that is not for this user, and one that goes away."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.errors import APIError
from requests.exceptions import ConnectionError

from beamwright.errors import BuildError, ConfigError
from beamwright.toolchain import Engine
from beamwright.toolchain.connect import told_when_it_breaks

NOBODY = 65534


@pytest.mark.parametrize(
    "host", ["tcp://127.0.0.1:1", "unix:///nowhere/docker.sock", "carrier-pigeon://loft", "tcp://[", "ssh://"]
)
def test_an_engine_that_is_not_there(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(ConfigError, match="no Docker Engine answers at ") as caught:
        Engine.connect()
    assert "DOCKER_HOST" in caught.value.hint


def test_certificates_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", "/nowhere")
    with pytest.raises(ConfigError, match="no Docker Engine answers"):
        Engine.connect()


@pytest.fixture
def forbidden(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A socket that somebody listens on, and that root alone may use."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listening:
        Path(folder).chmod(0o755)
        path = Path(folder) / "docker.sock"
        listening.bind(str(path))
        path.chmod(0o000)
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        yield path


def test_an_engine_that_is_not_for_this_user(forbidden: Path) -> None:
    told = _as_an_ordinary_user(Engine.connect)
    assert told.startswith(f"you may not use the Docker Engine at {forbidden}")
    assert f"usermod --append --groups {forbidden.group()} " in told


def _as_an_ordinary_user(function: object) -> str:
    """What the function's ConfigError says, in a child that is not root."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        if os.getuid() == 0:
            os.setgroups([])
            os.setresuid(NOBODY, NOBODY, NOBODY)
        try:
            function()  # type: ignore[operator]
        except ConfigError as exc:
            os.write(writing, f"{exc.message} {exc.hint}".encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        text = told.read()
    os.waitpid(child, 0)
    return text


@pytest.mark.parametrize("broken", [ConnectionError("reset"), APIError("gone")], ids=["connection", "answer"])
def test_an_engine_that_goes_away(broken: Exception) -> None:
    with pytest.raises(BuildError) as caught, told_when_it_breaks():
        raise broken
    assert caught.value.detail
    assert caught.value.hint
