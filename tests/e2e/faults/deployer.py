"""A deployer to be disturbed, a process of its own: tells every event, and waits where it is told to.

Before the action that `at` of the options names it tells {"kind": "here"}, and goes on when it is told to.
`links` has the ports of the hosts that it reaches by way of 127.0.0.1. It exits as the command line does.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from beamwright import artifact, rollout
from beamwright import fleet as fleets
from beamwright.errors import BeamwrightError
from beamwright.fleet import Fleet, Host
from beamwright.rollout import Connect, Event, Options
from beamwright.transport import Dialer, KnownHosts, SshTarget, UserConfig


class Teller:
    """Tells events, and stops once at the place `at`: phase, host, first word of an action; or a phase."""

    def __init__(self, talk: Connection, at: list[str]) -> None:
        self._talk, self._at, self._phase = talk, at, ""

    def __call__(self, event: Event) -> None:
        """What rollout.deploy calls."""
        if event.kind == "phase":
            self._phase = event.text
        outcome = event.outcome.as_json() if event.outcome else None
        self._talk.send({"kind": event.kind, "text": event.text, "host": event.host, "outcome": outcome})
        place = [self._phase, event.host, event.text.split()[0] if event.kind == "start" else ""]
        if event.kind in ("phase", "start") and place == self._at:
            self._at = []
            self._talk.send({"kind": "here"})
            self._talk.recv()


def main(talk: Connection, fleet: Path, folder: Path, options: Mapping[str, Any]) -> None:
    """Deploys to every host of the fleet, and exits."""
    sys.exit(_deploy(talk, fleet, folder, options))


def _deploy(talk: Connection, fleet: Path, folder: Path, given: Mapping[str, Any]) -> int:
    try:
        declared, made = fleets.load(fleet), artifact.read(folder)
        made = artifact.image_of(made) if declared.deploy.artifact == "oci" else made
        rollout.deploy(
            declared, declared.hosts, made,
            on_event=Teller(talk, given["at"]),
            connect=_through(declared, given["links"]),
            options=Options(skip_down=given["skip_down"], again=given["again"], wait=given["wait"]),
        )  # fmt: skip
    except BeamwrightError as error:
        talk.send({"kind": "error", "text": error.message, "detail": error.detail})
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


def _through(fleet: Fleet, links: Mapping[str, int]) -> Connect:
    """Connects as `rollout` does, but by way of the links."""
    config = UserConfig()
    dialer = Dialer(KnownHosts(fleet.ssh.known_hosts), float(fleet.ssh.connect_seconds))

    def connect(host: Host) -> SshTarget:
        route = config.route(*fleet.place(host))
        if host.name in links:
            route = replace(route, address="127.0.0.1", port=links[host.name])
        return SshTarget(host.name, route, dialer)

    return connect
