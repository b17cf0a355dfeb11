"""Hosts and their nodes, as frozen values: where they are, their names, and what nodes have in common."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from beamwright.errors import ConfigError


@dataclass(frozen=True)
class Health:
    """A node's health check: GET `http` on the port named `port`, or connect to it when `http` is None.

    With `call`, `module:function`, that is asked instead. A node without ports has no check else: `port` is
    then empty and `http` None. Times in seconds.
    """

    http: str | None
    port: str
    interval: int
    timeout: int
    call: str = ""

    def url(self, node: Node) -> str:
        """What is asked: `http://127.0.0.1:8080/healthz`, `tcp://127.0.0.1:8080`, `call:my_app:healthy`, or
        empty for no check.
        """
        if self.call:
            return f"call:{self.call}"
        if not self.port:
            return ""
        at = f"127.0.0.1:{node.port(self.port)}"
        return f"tcp://{at}" if self.http is None else f"http://{at}{self.http}"


@dataclass(frozen=True)
class Node:
    """One Erlang VM: number `n` of its host, name `courier1@ams1`, its distribution port and named ports."""

    number: int
    name: str
    dist_port: int
    ports: tuple[tuple[str, int], ...]

    def port(self, name: str) -> int:
        """The port of that name; KeyError when the node has none."""
        return dict(self.ports)[name]


@dataclass(frozen=True)
class NodeSettings:
    """What the nodes of one host have in common. Times in seconds; `secrets` maps credential → file."""

    vm_args: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    secrets: tuple[tuple[str, Path], ...]
    health: Health
    start_seconds: int
    stop_seconds: int
    drain_seconds: int
    watchdog_seconds: int
    memory_max: str
    tasks_max: int
    allow_from: tuple[str, ...]


@dataclass(frozen=True)
class Host:
    """A machine: where it is, its nodes and their settings. `address` is None until something names it.

    `jump` is `[user@]host[:port]` of the machine to go through, or "none". What is None of it and of
    `ssh_port` is ~/.ssh/config's to say.
    """

    name: str
    cluster: str
    address: str | None
    ssh_port: int | None
    nodes: tuple[Node, ...]
    settings: NodeSettings
    jump: str | None = None

    def where(self) -> str:
        """The address; ConfigError when neither fleet.toml nor the inventory has one."""
        if self.address is None:
            raise ConfigError(
                f"host {self.name} has no address",
                hint="set address in fleet.toml or in its inventory, as `beamwright local.up` does",
            )
        return self.address


@dataclass(frozen=True)
class Cluster:
    """The hosts of one data centre."""

    name: str
    hosts: tuple[Host, ...]
