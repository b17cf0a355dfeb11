"""Waits until a container host is a host: systemd is up and sshd answers."""

from __future__ import annotations

import socket
import time

from docker.models.containers import Container

from beamwright.errors import UnreachableError
from beamwright.local.container import ask

SECONDS = 60
PAUSE = 0.1


def wait_until_booted(container: Container, host: str) -> None:
    """Returns when systemd is through with its boot; UnreachableError, with what it says, when it is not.

    Units may have failed: a release that does not start is no reason not to reach its host.
    """
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        container.reload()
        if container.status != "running":
            raise UnreachableError(f"{host}: the container ended at boot", detail=_tail(container))
        # Until systemd listens on its socket, --wait does not wait.
        _, state = ask(container, "systemctl", "is-system-running", "--wait")
        if state.strip() in ("running", "degraded"):
            return
        time.sleep(PAUSE)
    raise UnreachableError(f"{host}: systemd was not up after {SECONDS} s", detail=_tail(container))


def wait_for_sshd(address: str, port: int, host: str) -> None:
    """Returns when an SSH server greets at the address (RFC 4253, 4.2)."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            with socket.create_connection((address, port), timeout=2) as connection:
                if connection.recv(4) == b"SSH-":
                    return
        except OSError:
            pass
        time.sleep(PAUSE)
    raise UnreachableError(
        f"{host}: no SSH server at {address}:{port} after {SECONDS} s",
        hint="containers' addresses have to be reachable from here: a Docker Engine on this machine",
    )


def _tail(container: Container) -> str:
    return str(container.logs(tail=20).decode(errors="replace"))
