"""Makes connections: known host keys only, a deadline on each step, a few starts at a time to one sshd."""

from __future__ import annotations

import socket
import threading
import time
from collections import defaultdict

import paramiko

from beamwright.errors import BeamwrightError
from beamwright.transport.known_hosts import KnownHosts
from beamwright.transport.login import log_in
from beamwright.transport.route import Route

_KEEPALIVE_SECONDS = 15
_DEAD_SECONDS = 60
_STARTS = 8
"""sshd drops some of those that have not logged in once there are ten (MaxStartups of sshd_config(5))."""


class Dialer:
    """Makes the connections of one fleet; those to a machine that others lie behind are shared."""

    def __init__(self, known_hosts: KnownHosts, connect_seconds: float = 10.0) -> None:
        self.known_hosts, self.connect_seconds = known_hosts, connect_seconds
        self._starts: dict[tuple[str, int], threading.Semaphore] = defaultdict(
            lambda: threading.Semaphore(_STARTS)
        )
        self._jumps: dict[Route, paramiko.Transport] = {}
        self._refused: dict[Route, tuple[float, Exception]] = {}
        self._turn = threading.RLock()

    def dial(self, name: str, route: Route) -> paramiko.Transport:
        """A connection to the machine that its key says it is, logged in.

        OSError, EOFError or SSHException when there is none; UnreachableError when a key is refused.
        """
        with self._turn:
            starts = self._starts[route.address, route.port]
        with starts:
            return self._connect(name, route)

    def close(self) -> None:
        """Ends the shared connections."""
        with self._turn:
            for transport in self._jumps.values():
                transport.close()
            self._jumps.clear()

    def _connect(self, name: str, route: Route) -> paramiko.Transport:
        transport = paramiko.Transport(self._reach(name, route))
        transport.banner_timeout = transport.auth_timeout = self.connect_seconds
        try:
            _prefer(transport, self.known_hosts.key_types(route.address, route.port))
            transport.start_client(timeout=self.connect_seconds)
            self.known_hosts.check(name, route.address, route.port, transport.get_remote_server_key())
            log_in(transport, name, route)
            transport.set_keepalive(_KEEPALIVE_SECONDS)
        except BaseException:
            transport.close()
            raise
        return transport

    def _reach(self, name: str, route: Route) -> socket.socket | paramiko.Channel:
        """What the connection goes over: TCP, or a channel of the connection to the machine before it."""
        if route.jump is None:
            sock = socket.create_connection((route.address, route.port), timeout=self.connect_seconds)
            _tune(sock)
            return sock
        through = self._shared(name, route.jump)
        there, here = (route.address, route.port), ("127.0.0.1", 0)
        return through.open_channel("direct-tcpip", there, here, timeout=self.connect_seconds)

    def _shared(self, name: str, route: Route) -> paramiko.Transport:
        """The one connection to a machine that hosts are behind; those who wait for it get the same.

        When it can't be had, they get that: else hundreds would wait one after the other.
        """
        with self._turn:
            there = self._jumps.get(route)
            if there is not None and there.is_active():
                return there
            when, why = self._refused.get(route, (0.0, None))
            if why and time.monotonic() < when + self.connect_seconds:
                raise why if isinstance(why, BeamwrightError) else paramiko.SSHException(str(why))
            try:
                there = self._jumps[route] = self._connect(f"{name}, jump host {route.address}", route)
            except Exception as exc:
                self._refused[route] = time.monotonic(), exc
                raise
            return there


def _tune(sock: socket.socket) -> None:
    """As ssh(1) does it, small packets don't wait for the acknowledgement of those before (tcp(7)): each
    command would begin a round trip later, or 40 ms. A peer that acknowledges nothing for a minute is gone;
    else a partition hangs for hours.
    """
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _DEAD_SECONDS * 1000)


def _prefer(transport: paramiko.Transport, known: tuple[str, ...]) -> None:
    """Asks for the kinds of host key that are known first: another kind can't be compared."""
    options = transport.get_security_options()
    kinds = ["rsa-sha2-512", "rsa-sha2-256", *known] if "ssh-rsa" in known else list(known)
    wanted = [kind for kind in options.key_types if kind in kinds]
    options.key_types = (*wanted, *(kind for kind in options.key_types if kind not in kinds))
