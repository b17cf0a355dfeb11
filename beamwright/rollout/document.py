"""A plan as JSON: complete, without secrets, and with a digest that a later roll-out can be bound to."""

from __future__ import annotations

import difflib
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from beamwright.errors import ConfigError
from beamwright.rollout.parcel import Shipment
from beamwright.rollout.plan import Action, Plan
from beamwright.units.file import HostFile


def document(plan: Plan) -> dict[str, Any]:
    """The shape that `plan --json` prints: every action with host, verb and what is sent, files by digest."""
    phases = [
        {
            "name": phase.name,
            "parallel": phase.parallel,
            "actions": [_action(action) for action in phase.actions],
        }
        for phase in plan.phases
    ]
    return {
        "playbook": plan.playbook,
        "changes": bool(plan.phases),
        "digest": _digest({"playbook": plan.playbook, "phases": phases}),
        "phases": phases,
    }


@dataclass(frozen=True)
class Shown:
    """A plan that somebody has seen: of which release, on which hosts, with which flags of [deploy]."""

    playbook: str
    digest: str
    phases: list[dict[str, Any]]
    hosts: tuple[str, ...]
    flags: Mapping[Literal["batch", "max_fail", "on_fail", "min_ready"], str]
    release: str

    def asked(self) -> dict[str, Any]:
        """The flags that it was made with, by name."""
        return {"hosts": ",".join(self.hosts), **{str(name): text for name, text in self.flags.items()}}


def read(path: Path) -> Shown:
    """A plan that `plan --out` wrote; ConfigError when the file is none."""
    hint = f"beamwright plan --out {path}"
    try:
        shown = TypeAdapter(Shown).validate_json(path.read_bytes())
    except OSError as exc:
        raise ConfigError(f"{path}: {exc.strerror}", hint=hint) from exc
    except ValidationError as exc:
        wrong = exc.errors()[0]
        where = ".".join(str(step) for step in wrong["loc"])
        raise ConfigError(f"{path}: is no plan: {where and f'{where}: '}{wrong['msg']}", hint=hint) from exc
    if shown.digest != _digest({"playbook": shown.playbook, "phases": shown.phases}):
        raise ConfigError(f"{path}: was changed after it was written", hint=hint)
    return shown


def demand(plan: Plan, shown: Shown | None) -> None:
    """ConfigError when the plan is not the one that was shown, with the difference; None binds to nothing."""
    if shown is None or (now := document(plan))["digest"] == shown.digest:
        return
    differs = difflib.unified_diff(
        _lines(shown.phases), _lines(now["phases"]), "shown", "now", lineterm="", n=0
    )
    raise ConfigError(
        "nothing was changed: what would be done is not the plan that was shown",
        hint="look at the new one: beamwright plan --out FILE",
        detail="\n".join(differs) or "the files or the release that would be sent are others",
    )


def _action(action: Action) -> dict[str, Any]:
    """One action; what it waits for is in its text."""
    told: dict[str, Any] = {"host": action.host, "action": action.text, "verb": list(action.verb)}
    if action.here:
        told["here"] = True
    if action.optional:
        told["optional"] = True
    if action.hold:
        told["hold_seconds"] = action.hold
    if action.program:
        told["program"] = str(action.program)
    if isinstance(action.payload, Shipment):
        made, base = action.payload.artifact, action.payload.delta.base
        told["release"] = {"name": made.name, "version": made.version, "sha256": made.digest, "base": base}
    elif action.payload is not None:
        told["files"] = list(_files(action.payload))
    return told


def _files(files: tuple[HostFile, ...]) -> Iterable[dict[str, Any]]:
    """The files of an installation. Digests of secrets are keyed by all of them, and tell nothing of one."""
    key = hashlib.sha256("\0".join(file.content for file in files if file.secret).encode()).digest()
    for file in files:
        content = file.content.encode()
        plain = hashlib.sha256(content).hexdigest()
        digest = f"hmac-sha256:{hmac.digest(key, content, 'sha256').hex()}" if file.secret else plain
        yield {
            "path": file.path,
            "mode": f"{file.mode:04o}",
            "owner": f"{file.owner}:{file.group}",
            "sha256": digest,
        }


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _lines(phases: Iterable[Mapping[str, Any]]) -> list[str]:
    return [
        f"{phase['name']}: {action['host']}: {action['action']}"
        for phase in phases
        for action in phase["actions"]
    ]
