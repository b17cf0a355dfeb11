"""Which of the three `node` tables counts for a host, and where a setting of it was written."""

from __future__ import annotations

from functools import reduce
from typing import TypeVar

from pydantic import BaseModel

from beamwright.fleet.show import Key
from beamwright.fleet.spec import FleetSpec, NodeSpec
from beamwright.fleet.table import Spec

S = TypeVar("S", bound=Spec)


def levels(spec: FleetSpec, cluster: str, host: str) -> tuple[tuple[Key, NodeSpec], ...]:
    """The `node` tables of one host with their keys, the farthest first."""
    at: Key = ("clusters", cluster)
    return (
        (("node",), spec.node),
        ((*at, "node"), spec.clusters[cluster].node),
        ((*at, "hosts", host, "node"), spec.clusters[cluster].hosts[host].node),
    )


def settings(spec: FleetSpec, cluster: str, host: str) -> NodeSpec:
    """The settings of one host's nodes, all levels merged."""
    return reduce(merge, (node for _, node in levels(spec, cluster, host)))


def merge(far: S, near: S) -> S:
    """The farther table with what the nearer one sets on top; tables in them are merged key by key."""
    return far.model_copy(
        update={key: _join(getattr(far, key), getattr(near, key)) for key in near.model_fields_set}
    )


def _join(far: object, near: object) -> object:
    if isinstance(far, dict) and isinstance(near, dict):
        return {**far, **near}
    if isinstance(far, Spec) and isinstance(near, Spec):
        return merge(far, near)
    return near


def origin(spec: FleetSpec, cluster: str, host: str, *keys: str) -> Key:
    """Where a setting of the host's nodes was written: the nearest level that sets it, or [node]."""
    for at, node in reversed(levels(spec, cluster, host)):
        if _sets(node, keys):
            return (*at, *keys)
    return ("node", *keys)


def _sets(table: object, keys: tuple[str, ...]) -> bool:
    for key in keys:
        if isinstance(table, BaseModel):
            if key not in table.model_fields_set:
                return False
            table = getattr(table, key)
        elif isinstance(table, dict):
            if key not in table:
                return False
            table = table[key]
    return True
