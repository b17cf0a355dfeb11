"""An image registry of this machine: Debian's docker-registry, on loopback and without TLS."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from beamwright.errors import BuildError, ConfigError

PROGRAM = "docker-registry"
_PATIENCE = 10
"""Seconds in which it starts."""


@contextmanager
def registry(folder: Path) -> Iterator[str]:
    """Its `host:port`, while it runs; it keeps its files in the folder."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{listener.getsockname()[1]}"
    storage = {"filesystem": {"rootdirectory": str(folder / "blobs")}}
    config = {"version": 0.1, "storage": storage, "http": {"addr": host}}
    (folder / "config.yml").write_text(json.dumps(config), "utf-8")  # JSON is YAML
    with (folder / "log").open("wb") as log:
        try:
            process = subprocess.Popen((PROGRAM, "serve", folder / "config.yml"), stdout=log, stderr=log)
        except OSError as exc:
            raise ConfigError(f"{PROGRAM}: {exc.strerror}", hint="script/setup installs it") from exc
    try:
        _wait(host, process, folder / "log")
        yield host
    finally:
        process.terminate()
        process.wait()


def _wait(host: str, process: subprocess.Popen[bytes], log: Path) -> None:
    name, _, port = host.partition(":")
    ends = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < ends:
        try:
            socket.create_connection((name, int(port)), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise BuildError(f"{PROGRAM} does not start", detail=log.read_text("utf-8", "replace"))
