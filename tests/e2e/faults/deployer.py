"""A deployer to be disturbed, a process of its own: tells every event, and waits where it is told to.

python -m tests.e2e.faults.deployer FLEET ARTIFACT OPTIONS: a line of JSON an event. Before the action that
OPTIONS' `at` names it prints {"kind": "here"} and goes on when it reads a line. `links` has the ports of the
hosts that it reaches by way of 127.0.0.1. The exit code is that of the command line.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from beamwright import artifact, rollout
from beamwright import fleet as fleets
from beamwright.errors import BeamwrightError
from beamwright.fleet import Fleet, Host
from beamwright.rollout import Connect, Event, Options
from beamwright.transport import Dialer, KnownHosts, SshTarget, UserConfig


class Teller:
    """Prints events, and stops once at the place `at`: phase, host, first word of an action; or a phase."""

    def __init__(self, at: list[str]) -> None:
        self._at, self._phase = at, ""

    def __call__(self, event: Event) -> None:
        """What rollout.deploy calls."""
        if event.kind == "phase":
            self._phase = event.text
        outcome = event.outcome.as_json() if event.outcome else None
        _say(kind=event.kind, text=event.text, host=event.host, outcome=outcome)
        place = [self._phase, event.host, event.text.split()[0] if event.kind == "start" else ""]
        if event.kind in ("phase", "start") and place == self._at:
            self._at = []
            _say(kind="here")
            sys.stdin.readline()


def main(fleet: str, folder: str, options: str) -> int:
    """Deploys to every host of the fleet."""
    given = json.loads(options)
    try:
        declared, made = fleets.load(Path(fleet)), artifact.read(Path(folder))
        made = artifact.image_of(made) if declared.deploy.artifact == "oci" else made
        rollout.deploy(
            declared, declared.hosts, made,
            on_event=Teller(given["at"]),
            connect=_through(declared, given["links"]),
            options=Options(skip_down=given["skip_down"], again=given["again"], wait=given["wait"]),
        )  # fmt: skip
    except BeamwrightError as error:
        _say(kind="error", text=error.message, detail=error.detail)
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


def _say(**words: object) -> None:
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
