"""What a deploy did to the hosts: bytes that came by SSH, and when their nodes were restarting."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from beamwright.command import command
from beamwright.errors import UnreachableError
from beamwright.transport import LocalTarget
from benchmarks.peers.site import Place, Site

PREPARE = r"""set -eu
app=$1
shift
for peer; do
    number=${peer%%:*} name=${peer#*:}
    mkdir -p "/opt/$name/root" "/opt/$name/releases"
    sed "s|/opt/beamwright/$app|/opt/$name|; s|^StartLimitIntervalSec=.*|StartLimitIntervalSec=0|" \
        "/etc/systemd/system/$app@.service" >"/etc/systemd/system/$name@.service"
    sed "s|${app}1@|$app$number@|g; s|\([=:]910\)1|\1$number|g; s|/run/$app/1|/run/$app/$number|" \
        "/etc/beamwright/$app/1.env" >"/etc/beamwright/$app/$number.env"
done
systemctl daemon-reload
iptables -I INPUT -p tcp --dport 22
"""
"""Gives every peer a node of its own: the same unit, the same settings, other folders, names and ports.

Without a start limit: rounds restart more often than deploys do, and no peer resets what has failed. The rule
of iptables only counts.
"""

LOOK = r"""
iptables -nvxL INPUT | awk '$NF == "dpt:22" { print $2; exit }'
systemctl show -p ActiveExitTimestampMonotonic -p ActiveEnterTimestampMonotonic "$1"
"""


@dataclass(frozen=True)
class Deed:
    """One deploy to all hosts: seconds, those of them in which a node was restarting, bytes to each host."""

    seconds: float
    restarting: float
    bytes: float

    @property
    def own(self) -> float:
        """The seconds that are the tool's: in them no node was on its way."""
        return self.seconds - self.restarting


@dataclass(frozen=True)
class _Mark:
    """One host: bytes that came to its sshd since it booted; when its node left and reached active, in s."""

    bytes: int
    left: float
    came: float


def prepare(site: Site, app: str, peers: Iterable[tuple[int, str]]) -> None:
    """Makes the hosts of the site ready for peers, (number, name) each."""
    _ask(site, PREPARE, app, *(f"{number}:{name}" for number, name in peers))


def measure(site: Site, unit: str, deploy: Callable[[], object]) -> Deed:
    """Deploys once. `site` has an sshd of the hosts that is not counted; `unit` is the node's."""
    before = _marks(site, unit)
    os.sync()  # what others have left to be written is nothing to wait for
    begun = time.monotonic()
    deploy()
    seconds = time.monotonic() - begun
    after = _marks(site, unit)
    if stale := [mark for mark in after if not begun < mark.left < mark.came < begun + seconds]:
        raise UnreachableError(f"{len(stale)} nodes {unit} were not restarted")
    sent = sum(new.bytes - old.bytes for new, old in zip(after, before, strict=True))
    return Deed(seconds, covered((mark.left, mark.came) for mark in after), sent / len(after))


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """How long it was that at least one of the spans (from, to) lasted."""
    length, end = 0.0, float("-inf")
    for left, came in sorted(spans):
        length += max(0.0, came - max(left, end))
        end = max(end, came)
    return length


def _marks(site: Site, unit: str) -> list[_Mark]:
    return [_parse(answer) for answer in _ask(site, LOOK, unit)]


def _parse(answer: str) -> _Mark:
    """Times are CLOCK_MONOTONIC's, which containers share with this process."""
    count, *lines = answer.splitlines()
    times = {key: int(value) / 1e6 for key, value in (line.split("=") for line in lines)}
    return _Mark(int(count), times["ActiveExitTimestampMonotonic"], times["ActiveEnterTimestampMonotonic"])


def _ask(site: Site, script: str, *words: str) -> list[str]:
    """What a script prints on each host."""

    def ask(place: Place) -> str:
        line = command("sh", "-c", script, "sh", *words).shell()
        argv = ("ssh", *site.ssh_options(), "-p", str(place.port), f"root@{place.address}", line)
        answer = LocalTarget().run(command(*argv))
        if not answer.ok:
            raise UnreachableError(f"{place.name}: {answer.tail()}")
        return answer.stdout

    with ThreadPoolExecutor(10) as pool:
        return list(pool.map(ask, site.places))
