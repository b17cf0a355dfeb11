"""The link from the deployer to the hosts, made as narrow as people have it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from beamwright.command import command
from beamwright.errors import ConfigError
from beamwright.transport import LocalTarget


@contextmanager
def uplink(address: str, megabits: int) -> Iterator[None]:
    """Until the block ends, all that goes from here to the hosts shares so many Mbit/s (tc-tbf(8)).

    `address` is one of the hosts': their bridge carries nothing else. ConfigError when that can't be had.
    """
    bridge = json.loads(_run("ip", "-json", "route", "get", address))[0]["dev"]
    if not bridge.startswith("br-"):
        raise ConfigError(f"{address} is not behind a bridge of the Docker Engine, but {bridge}")
    # A token bucket of a few packets, and a queue that is as long as a router's: 50 ms.
    tbf = ("tbf", "rate", f"{megabits}mbit", "burst", "128kb", "latency", "50ms")
    _run("tc", "qdisc", "replace", "dev", bridge, "root", *tbf)
    try:
        yield
    finally:
        _run("tc", "qdisc", "del", "dev", bridge, "root")


def _run(*argv: str) -> str:
    answer = LocalTarget().run(command(*argv))
    if not answer.ok:
        raise ConfigError(f"{' '.join(argv)}: exit code {answer.exit_code}", detail=answer.tail())
    return answer.stdout
