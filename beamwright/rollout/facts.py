"""What is on a host: the answer of the helper's `facts` and `status`, parsed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class NodeStatus:
    """What a node says of itself (STATUS= of sd_notify(3)); `missing` names peers, cut short when many."""

    version: str = ""
    state: str = ""
    ready: bool = False
    peers: int = 0
    expected: int = 0
    missing: tuple[str, ...] = ()

    @property
    def tells_all(self) -> bool:
        """Whether `missing` names every peer that is missing."""
        return self.peers + len(self.missing) >= self.expected


@dataclass(frozen=True)
class Unit:
    """A unit as systemctl(1) shows it; `running` is the release that its process was started from."""

    name: str
    state: str
    enabled: bool = False
    restarts: int = 0
    running: str | None = None
    status: NodeStatus | None = None

    @property
    def ready(self) -> bool:
        """Active, and the node says that it is ready."""
        return self.state == "active" and self.status is not None and self.status.ready


@dataclass(frozen=True)
class Lease:
    """Who is at work on a host, since when and why; the seconds that it lasts, below 0 when it has ended."""

    holder: str
    seconds: int

    @property
    def is_over(self) -> bool:
        """Whether the next deployer takes it over."""
        return self.seconds < 0


@dataclass(frozen=True)
class App:
    """The project or the sidecar on one host.

    `files`: path → sha256 of what belongs to it under /etc; `loose` of these: what others may change, and
    secrets that they may read. `started`: unit → those as they were when it was
    last started. `unconfirmed`: a roll-out has begun and was neither confirmed nor reverted; `before` is the
    release that it would go back to. `failed`: releases that were taken back here, and not confirmed since.
    """

    current: str | None = None
    previous: str | None = None
    before: str | None = None
    unconfirmed: bool = False
    releases: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    loose: frozenset[str] = frozenset()
    started: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    units: Mapping[str, Unit] = field(default_factory=dict)


@dataclass(frozen=True)
class HostFacts:
    """One host. `helper` is the sha256 of the helper that is installed.

    `free_kb` and `free_inodes` (None: as many as there is space) are what releases may fill. `fence` is that
    of the last lease, `lease` the one that somebody has. `busy`: a change was at work there, or its way back,
    whoever has the lease.
    """

    helper: str | None
    arch: str
    systemd: int
    free_kb: int
    apps: Mapping[str, App]
    free_inodes: int | None = None
    fence: int = 0
    lease: Lease | None = None
    busy: bool = False


def parse_facts(text: str) -> HostFacts:
    """The answer of `facts`; ValueError when it is not one."""
    head, *sections = _split(text.splitlines(), "app ")
    values = dict(line.split(" ", 1) for line in head)
    try:
        return HostFacts(
            helper=_release(values["helper"]),
            arch=values["arch"],
            systemd=int(values["systemd"]),
            free_kb=int(values["free_kb"]),
            free_inodes=int(inodes) if (inodes := values.get("free_inodes", "-")) != "-" else None,
            fence=int(values.get("fence", "0")),
            lease=_lease(values["lease"]) if "lease" in values else None,
            busy="busy" in values,
            apps={section[0].removeprefix("app "): _app(section[1:]) for section in sections},
        )
    except (KeyError, IndexError) as exc:
        raise ValueError(f"a line is missing: {exc}") from exc


def parse_status(text: str) -> dict[str, Unit]:
    """The answer of `status`: unit's name → Unit."""
    units: dict[str, Unit] = {}
    shown: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.removeprefix("show ").partition("=")
        if key.strip():
            shown[key] = value
        elif shown:
            units[shown["Id"]] = _unit(shown)
            shown = {}
    return units


def _split(lines: Iterable[str], start: str) -> list[list[str]]:
    """The lines before the first that begins with `start`, then one list for each such line."""
    parts: list[list[str]] = [[]]
    for line in lines:
        if line.startswith(start):
            parts.append([])
        parts[-1].append(line)
    return parts


def _app(lines: list[str]) -> App:
    values = {
        key: [rest for k, _, rest in (line.partition(" ") for line in lines) if k == key] for key in _KEYS
    }
    started: dict[str, dict[str, str]] = {}
    for line in values["started"]:
        unit, digest, path = line.split(" ", 2)
        started.setdefault(unit, {})[path] = digest
    return App(
        current=_release(values["current"][0]),
        previous=_release(values["previous"][0]),
        before=_release(values["undo"][0]) if values["undo"] else None,
        unconfirmed=bool(values["undo"]),
        releases=tuple(values["release"]),
        failed=tuple(values["failed"]),
        files={path: digest for digest, path in (line.split(" ", 1) for line in values["file"])},
        loose=frozenset(values["loose"]),
        started=started,
        units=parse_status("\n".join(line for line in lines if line.startswith("show "))),
    )


_KEYS = ("current", "previous", "undo", "release", "failed", "file", "loose", "started")


def _lease(text: str) -> Lease:
    seconds, _, holder = text.partition(" ")
    return Lease(holder, int(seconds))


def _release(text: str) -> str | None:
    return None if text == "-" else text


def _unit(shown: Mapping[str, str]) -> Unit:
    return Unit(
        name=shown["Id"],
        state=shown.get("ActiveState", "unknown"),
        enabled=shown.get("UnitFileState", "").startswith("enabled"),
        restarts=int(shown.get("NRestarts") or 0),
        running=shown.get("Running") or None,
        status=_node_status(shown.get("StatusText", "")),
    )


def _node_status(text: str) -> NodeStatus | None:
    """None when the text is none of ours: nothing said yet, or another program's words."""
    try:
        said = json.loads(text)
        return NodeStatus(
            version=str(said["version"]),
            state=str(said["state"]),
            ready=bool(said["ready"]),
            peers=int(said["peers"]),
            expected=int(said["expected"]),
            missing=tuple(str(name) for name in said["missing"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
