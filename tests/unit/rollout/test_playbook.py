"""Playbooks: the built-in ones, those of a project, and those that are none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from beamwright import rollout
from beamwright.artifact import Artifact
from beamwright.errors import ConfigError
from beamwright.fleet import Fleet
from beamwright.rollout import Options, playbook
from tests.unit.rollout.memory import MemoryFleet

Make = Callable[[str], Artifact]

HASTY = """
from beamwright.rollout.nodes import roll_nodes
from beamwright.rollout.plan import Step
from beamwright.rollout.steps import confirm, stage


def without_waiting(situation):
    return tuple(action for action in roll_nodes(situation) if not action.until)


STEPS = (Step("stage", stage, parallel=True), Step("hasty", without_waiting), Step("confirm", confirm))
"""


@pytest.fixture
def write(fleet: Fleet) -> Callable[[str, str], None]:
    """Writes a playbook of the project's own."""

    def make(name: str, text: str) -> None:
        (fleet.folder / "playbooks").mkdir(exist_ok=True)
        (fleet.folder / f"playbooks/{name}.py").write_text(text)

    return make


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("STEPS = ()", "not a tuple of steps"),
        ("STEPS = 1 / 0", "ZeroDivisionError"),
        ("def", "SyntaxError"),
        ("", "not a tuple of steps"),
    ],
)
def test_one_that_is_wrong(fleet: Fleet, write: Callable[[str, str], None], text: str, said: str) -> None:
    write("rolling", text)
    with pytest.raises(ConfigError, match=said):
        playbook.load("rolling", fleet.folder)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("rollling", "did you mean rolling"), ("../fleet", "there are "), ("/etc/passwd", "there are ")],
)
def test_one_that_is_not_there(fleet: Fleet, name: str, hint: str) -> None:
    with pytest.raises(ConfigError, match="there is no playbook") as caught:
        playbook.load(name, fleet.folder)
    assert hint in caught.value.hint


def deploy(memory: MemoryFleet, artifact: Artifact, book: str) -> rollout.Outcome:
    return rollout.deploy(
        memory.fleet, memory.fleet.hosts, artifact,
        on_event=memory.events.append, connect=memory.connect, options=Options(playbook=book),
    )  # fmt: skip


def looks(memory: MemoryFleet) -> list[str]:
    return [host for host, call in memory.calls if call.startswith("status")]


def test_one_of_a_project_s_own_is_carried_out(
    memory: MemoryFleet, make_artifact: Make, write: Callable[[str, str], None], tmp_path: Path
) -> None:
    hook = tmp_path / "hooks/before"
    hook.parent.mkdir()
    hook.write_text(f'#!/bin/sh\necho "$BEAMWRIGHT_PLAYBOOK" >{tmp_path}/told\n')
    hook.chmod(0o755)
    write("hasty", HASTY)
    assert deploy(memory, make_artifact("0.1.0"), "hasty").outcome == "deployed"
    assert (looks(memory), len(memory.up())) == ([], 4)
    assert (tmp_path / "told").read_text() == "hasty\n"
    assert "hasty 1/2: ams1" in {event.text for event in memory.events if event.kind == "phase"}


def test_one_of_a_project_s_own_beats_the_built_in(
    memory: MemoryFleet, make_artifact: Make, write: Callable[[str, str], None]
) -> None:
    write("rolling", HASTY)
    deploy(memory, make_artifact("0.1.0"), "")
    assert (looks(memory), len(memory.up())) == ([], 4)


def test_a_mistake_in_a_step_is_told_with_its_file_before_anything_is_changed(
    memory: MemoryFleet, make_artifact: Make, write: Callable[[str, str], None]
) -> None:
    write("hasty", HASTY.replace("roll_nodes(situation)", "roll_nodes(situation.no_such_thing)"))
    with pytest.raises(ConfigError, match=r"playbooks/hasty.py: step hasty: AttributeError: .*no_such_thing"):
        deploy(memory, make_artifact("0.1.0"), "hasty")
    assert memory.calls == []
