"""A fleet that is not there: hosts that answer the helper's verbs from memory."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field

from beamwright.command import Command, Result
from beamwright.errors import NoAnswerError, UnreachableError
from beamwright.fleet import Fleet, Host
from beamwright.rollout import Event
from beamwright.rollout.helper import NEVER_BEGAN, PATH
from beamwright.transport import FakeTarget
from beamwright.transport.fake import Answer

# How many words of a call the tests compare: the rest are digests and tokens.
_SHOWN = {"install": 1, "confirm": 1, "stage": 3}


@dataclass
class MemoryHost:
    """One host: answers the helper's verbs as systemd/host would."""

    name: str
    fleet: MemoryFleet
    current: str | None = None
    previous: str | None = None
    undo: tuple[str | None, str | None, dict[str, str]] | None = None
    releases: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    started: dict[str, dict[str, str]] = field(default_factory=dict)
    running: dict[str, str] = field(default_factory=dict)
    held: str | None = None
    busy: bool = False
    fence: int = 0
    down: bool = False
    refused: bool = False
    restarts: int = 0
    failed: list[str] = field(default_factory=list)
    helper: str = "-"

    def __call__(self, command: Command) -> Answer:
        if self.down:
            return NoAnswerError(f"{self.name}: no connection")
        if self.refused:
            return UnreachableError(f"{self.name}: its key has CHANGED")
        argv = command.argv_clear()
        if "-c" in argv:
            if "place host" in argv[2]:
                self.helper = argv[-1]
            return self.facts() if PATH in argv[2] and "facts" in argv[2] else ""
        verb, *args = argv[argv.index(PATH) + 1 :]
        if verb == "manifest":
            return 1
        if verb == "do":
            if not self.held or args[1] != str(self.fence):
                return Result(command, 5, "the lease has ended\n")
            verb, *args = args[2:]
        if (verb, len(args)) == ("switch", 3):
            self.answer("switch", *args[:2])
            restarted = self.answer("restart", args[0], args[2])
            return Result(command, restarted, "switched\n") if isinstance(restarted, int) else restarted
        if (verb, len(args)) == ("confirm", 3):
            if confirmed := self.answer("confirm", *args[:2]):
                return confirmed
            self.answer("prune", args[0], args[2])
            code = self.fleet.pruned.get(self.name, 0)
            return Result(command, code, "confirmed\n", "it can't be removed\n" if code else "")
        return self.answer(verb, *args)

    def answer(self, verb: str, *args: str) -> Answer:
        """What one verb says."""
        self.fleet.calls.append((self.name, " ".join((verb, *args[1:3])[: _SHOWN.get(verb, 3)]).strip()))
        if self.fleet.before_call:
            self.fleet.before_call(self.name, verb)
        answer: Answer = getattr(self, verb.replace("-", "_"))(*args)
        return answer

    def facts(self) -> str:
        lines = [
            f"helper {self.helper}",
            "arch x86_64",
            "systemd 252",
            "free_kb 9000000",
            f"fence {self.fence}",
        ]
        lines += ["busy yes"] if self.busy else []
        lines += [f"lease 60 {self.held.partition(' ')[2]}"] if self.held else []
        lines += ["app courier"]
        lines += [f"current {self.current or '-'}", f"previous {self.previous or '-'}"]
        lines += [f"undo {self.undo[0] or '-'}"] if self.undo else []
        lines += [f"release {release}" for release in self.releases]
        lines += [f"failed {release}" for release in self.failed]
        lines += [f"file {digest} {path}" for path, digest in self.files.items()]
        lines += [f"started {u} {d} {p}" for u, files in self.started.items() for p, d in files.items()]
        return "\n".join(lines) + "\n" + self.status("courier")

    def status(self, _: str) -> str:
        return "".join(self.unit(unit, release) for unit, release in self.running.items())

    def unit(self, unit: str, release: str) -> str:
        node = f"courier{unit[8]}@{self.name}"
        others = self.fleet.nodes - {node}
        missing = sorted(others - self.fleet.up())
        said = {"node": node, "version": release, "state": "ready", "ready": True, "expected": len(others)}
        status = json.dumps({**said, "peers": len(others) - len(missing), "missing": missing})
        state = "failed" if release == "-" else "active"
        shown = {
            "Id": unit,
            "ActiveState": state,
            "UnitFileState": "enabled",
            "NRestarts": str(self.restarts),
        }
        shown |= {"Running": release, "StatusText": status if state == "active" else ""}
        return "".join(f"show {key}={value}\n" for key, value in shown.items()) + "show \n"

    def stage(self, _: str, release: str, base: str, counter: str, sha256: str) -> Answer:
        if (self.name, "stage") in self.fleet.failing:
            return 1
        self.releases.append(release)
        return ""

    def begin(self) -> None:
        self.undo = self.undo or (self.current, self.previous, dict(self.files))

    def install(self, _: str, sha256: str) -> str:
        self.begin()
        with tarfile.open(fileobj=io.BytesIO(self.fleet.targets[self.name].sent[-1])) as tar:
            names = [name for name in tar.getnames() if name != "files"]
            contents = {name.removeprefix("root"): tar.extractfile(name) for name in names}
            self.files = {
                path: hashlib.sha256(content.read()).hexdigest()
                for path, content in contents.items()
                if content
            }
        return ""

    def switch(self, _: str, release: str) -> str:
        self.begin()
        self.previous, self.current = self.current, release
        return ""

    def restart(self, _: str, unit: str) -> Answer:
        assert self.current
        self.started[unit] = dict(self.files)
        if (self.current.split("-")[0], f"{unit[8]}@{self.name}") in self.fleet.failing:
            self.running[unit] = "-"
            return 1
        self.running[unit] = self.current
        return ""

    def stop(self, _: str, unit: str) -> str:
        self.running.pop(unit, None)
        return ""

    def revert(self, _: str) -> Answer:
        if (self.name, "revert") in self.fleet.failing:
            return 1
        if self.undo:
            tried = self.current
            self.current, self.previous, self.files = self.undo
            self.undo = None
            self.failed += [tried] if tried and tried != self.current else []
        if self.current is None:
            self.running.clear()
        return ""

    def confirm(self, _: str, release: str) -> Answer:
        if release != (self.current or "-"):
            return 1
        if (self.name, "confirm") in self.fleet.failing:
            return 1
        self.undo = None
        self.failed = [release for release in self.failed if release != self.current]
        return ""

    def prune(self, _: str, keep: str) -> str:
        return ""

    def history(self, _: str) -> str:
        return f"2026-01-01T10:00:00Z 7 ann@laptop began rolling for {self.name}\n"

    def log(self, *_: str) -> str:
        return "the last line of the log\n"

    def upgrade_helper(self, digest: str) -> Answer:
        if self.held:
            return self._held_by()
        self.helper = digest
        return ""

    def lock(self, _: str, token: str, seconds: str, holder: str, reason: str) -> Answer:
        if self.held:
            return self._held_by()
        self.held = f"{token} {holder}: {reason}"
        self.fence += 1
        return f"{self.fence}\n"

    def _held_by(self) -> Result:
        assert self.held
        return Result(Command(()), 5, f"{self.held.partition(' ')[2]}; the lease lasts 60 s more\n")

    def renew(self, token: str, seconds: str) -> Answer:
        return 0 if self.held and self.held.startswith(token) else Result(Command(()), 5, "it has ended\n")

    def result(self, operation: str) -> Answer:
        return NEVER_BEGAN

    def unlock(self, _: str, token: str, outcome: str) -> str:
        if self.held and self.held.split()[0] == token:
            self.held = None
        return ""


@dataclass
class MemoryFleet:
    """The hosts together. `failing`: (version, "N@host") crashes there, (host, verb) fails there."""

    fleet: Fleet
    calls: list[tuple[str, str]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    failing: set[tuple[str, str]] = field(default_factory=set)
    pruned: dict[str, int] = field(default_factory=dict)
    before_call: Callable[[str, str], None] | None = None
    hosts: dict[str, MemoryHost] = field(default_factory=dict)
    targets: dict[str, FakeTarget] = field(default_factory=dict)

    def once(self, host: str, verb: str, act: Callable[[], object]) -> None:
        """Before that verb of the host for the first time, `act` happens."""

        def happen(name: str, called: str) -> None:
            if (name, called) == (host, verb):
                self.before_call = None
                act()

        self.before_call = happen

    def loses(self, host: str, verb: str) -> None:
        """From now on that verb finds the connection to the host lost, and the host stays down."""

        def lose(name: str, called: str) -> None:
            if (name, called) == (host, verb):
                self.hosts[host].down = True
                raise UnreachableError(f"{host}: the connection was lost")

        self.before_call = lose

    def connect(self, host: Host) -> FakeTarget:
        self.hosts.setdefault(host.name, MemoryHost(host.name, self))
        self.targets[host.name] = FakeTarget(host.name, self.hosts[host.name])
        return self.targets[host.name]

    @property
    def nodes(self) -> set[str]:
        return {node.name for host in self.fleet.hosts for node in host.nodes}

    def up(self) -> set[str]:
        units = (
            (host, unit, release) for host in self.hosts.values() for unit, release in host.running.items()
        )
        return {f"courier{unit[8]}@{host.name}" for host, unit, release in units if release != "-"}

    def changes(self) -> list[str]:
        """The calls that change something, `host: verb`, without locks and looks."""
        quiet = ("status", "lock", "unlock", "renew", "log", "prune")
        return [f"{host}: {call}" for host, call in self.calls if call.split()[0] not in quiet]
