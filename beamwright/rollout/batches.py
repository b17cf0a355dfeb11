"""Which hosts have their turn at once: batch after batch, cluster after cluster. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from beamwright.errors import ConfigError
from beamwright.fleet import Cluster, Fleet, Host
from beamwright.rollout.plan import Action


@dataclass(frozen=True)
class Turn:
    """What one host needs: `bring` its files and release; `restarts` are (unit, node's name, reasons)."""

    host: Host
    bring: tuple[Action, ...]
    restarts: tuple[tuple[str, str, tuple[str, ...]], ...]

    @property
    def restarted(self) -> frozenset[str]:
        """The names of the nodes that are restarted."""
        return frozenset(name for _, name, _ in self.restarts)


Batch = tuple[Turn, ...]


def batches(fleet: Fleet, cluster: Cluster, turns: list[Turn], ready: frozenset[str]) -> list[Batch]:
    """The turns of a cluster's hosts in batches, none so large that fewer than `min_ready` nodes stay ready.

    The first one is a single host, whatever sizes are asked for: a release that nobody has seen healthy is
    tried on one host. ConfigError when not even one host may have its turn.
    """
    names = frozenset(node.name for host in cluster.hosts for node in host.nodes)
    total, ready = len(names), ready & names
    least = fleet.deploy.min_ready.of(total)
    sizes, made, rest = _sizes(fleet, len(turns)), list[Batch](), turns
    while rest:
        batch = _fill(rest[: next(sizes)], ready, least)
        if not batch:
            raise _too_few(fleet, cluster, least, total, ready, rest[0].host)
        made.append(batch)
        rest = rest[len(batch) :]
        ready |= {name for turn in batch for name in turn.restarted}
    return made


def _sizes(fleet: Fleet, turns: int) -> Iterator[int]:
    """How many hosts each batch may have, without end."""
    sizes = [max(1, amount.of(turns)) for amount in fleet.deploy.batch]
    if sizes[0] > 1:
        sizes.insert(0, 1)
    return itertools.chain(sizes, itertools.repeat(sizes[-1]))


def _fill(turns: list[Turn], ready: frozenset[str], least: int) -> Batch:
    """As many of the turns as may go at once: in each of them one node after the other is down."""
    taken: list[Turn] = []
    for turn in turns:
        downs = sum(1 for each in (*taken, turn) if each.restarted & ready)
        # A host alone starts first what is not ready.
        gained = 0 if taken else len(turn.restarted - ready)
        if downs and len(ready) + gained - downs < least:
            break
        taken.append(turn)
    return tuple(taken)


def _too_few(
    fleet: Fleet, cluster: Cluster, least: int, total: int, ready: frozenset[str], host: Host
) -> ConfigError:
    return ConfigError(
        f"cluster {cluster.name}: {len(ready)} of {total} nodes are ready and deploy.min_ready = "
        f'"{fleet.deploy.min_ready}" keeps {least}: no node of {host.name} may be restarted',
        hint="bring the others up first (beamwright status), or lower deploy.min_ready",
    )
