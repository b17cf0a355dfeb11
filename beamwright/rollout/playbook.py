"""Playbooks: files in playbooks/, each a tuple STEPS; the project's own beat the built-in ones."""

from __future__ import annotations

import runpy
from pathlib import Path

from beamwright import resources
from beamwright.errors import ConfigError
from beamwright.rollout.plan import Playbook, Step


def load(name: str, project: Path) -> Playbook:
    """The playbook `playbooks/<name>.py`; ConfigError when it is none."""
    path = resources.find(f"playbooks/{name}.py", project)
    hint = "a playbook is a Python file with STEPS = (Step(…), …), see the built-in ones"
    try:
        steps = runpy.run_path(str(path)).get("STEPS")
    except Exception as exc:  # whatever a user's file does wrong
        raise ConfigError(f"{path}: {type(exc).__name__}: {exc}", hint=hint) from exc
    if not isinstance(steps, tuple) or not steps or not all(isinstance(step, Step) for step in steps):
        raise ConfigError(f"{path}: STEPS is not a tuple of steps", hint=hint)
    return Playbook(name, steps)
