"""Playbooks: files in playbooks/, each a tuple STEPS; the project's own beat the built-in ones."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

from beamwright import resources
from beamwright.errors import BeamwrightError, ConfigError
from beamwright.fleet.show import nearest, show
from beamwright.rollout.goal import Situation
from beamwright.rollout.plan import Action, Playbook, Step

_HINT = "a playbook is a Python file with STEPS = (Step(…), …), see the built-in ones"


def load(name: str, project: Path) -> Playbook:
    """The playbook `playbooks/<name>.py`; ConfigError when there is none, or when it is none."""
    known = {path.stem for folder in (project, resources.root()) for path in folder.glob("playbooks/*.py")}
    if name not in known:
        likely = nearest(name, sorted(known))
        hint = f"did you mean {likely}?" if likely else f"there are {', '.join(sorted(known))}"
        raise ConfigError(f"there is no playbook {show(name)}", hint=hint)
    path = resources.find(f"playbooks/{name}.py", project)
    try:
        steps = runpy.run_path(str(path)).get("STEPS")
    except Exception as exc:  # whatever a user's file does wrong
        raise ConfigError(f"{path}: {type(exc).__name__}: {exc}", hint=_HINT) from exc
    if not isinstance(steps, tuple) or not steps or not all(isinstance(step, Step) for step in steps):
        raise ConfigError(f"{path}: STEPS is not a tuple of steps", hint=_HINT)
    return Playbook(name, tuple(_named(path, step) for step in steps))


def _named(path: Path, step: Step) -> Step:
    """The step; mistakes in a function of the user's are told with the file and the step that they are in."""

    def decide(situation: Situation) -> tuple[Action, ...]:
        try:
            return step.decide(situation)
        except BeamwrightError:
            raise
        except Exception as exc:
            raise ConfigError(f"{path}: step {step.name}: {type(exc).__name__}: {exc}", hint=_HINT) from exc

    own = path.parent != resources.root() / "playbooks"
    return replace(step, decide=decide) if own else step
