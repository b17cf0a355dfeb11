"""A plan as a document: complete, without secrets, and binding."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from beamwright import rollout
from beamwright.artifact import Artifact
from beamwright.errors import ConfigError
from beamwright.fleet import Fleet
from beamwright.rollout import Options, Plan
from tests.unit.rollout.memory import MemoryFleet

Make = Callable[[str], Artifact]


def planned(memory: MemoryFleet, artifact: Artifact, fleet: Fleet | None = None) -> Plan:
    fleet = fleet or memory.fleet
    return rollout.plan(fleet, fleet.hosts, artifact, connect=memory.connect)


def written(tmp_path: Path, plan: Plan, **changes: object) -> Path:
    """The file that `plan --out` writes."""
    asked = {"hosts": ["ams1", "ams2"], "flags": {"batch": "1"}, "release": "0.1.0-a"}
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(rollout.document(plan) | asked | changes))
    return file


def test_every_action_with_its_verb_and_every_file_with_its_digest(
    memory: MemoryFleet, make_artifact: Make
) -> None:
    made = make_artifact("0.1.0")
    told = rollout.document(planned(memory, made))
    verbs = [
        action["verb"][:1] + action["verb"][2:] for phase in told["phases"] for action in phase["actions"]
    ]
    assert verbs[0][:2] == ["stage", made.release_id]
    assert ["switch", made.release_id] in verbs
    assert ["restart", "courier@2.service"] in verbs
    install = next(
        action for phase in told["phases"] for action in phase["actions"] if action["verb"][0] == "install"
    )
    files = {file["path"]: file for file in install["files"]}
    assert len(files["/etc/beamwright/courier/1.env"]["sha256"]) == 64
    assert files["/etc/beamwright/courier/secrets/cookie"]["sha256"].startswith("hmac-sha256:")
    assert "s3cret" not in json.dumps(told)


def test_the_plan_that_was_shown_is_carried_out(
    memory: MemoryFleet, make_artifact: Make, tmp_path: Path
) -> None:
    made = make_artifact("0.1.0")
    options = Options(shown=rollout.read(written(tmp_path, planned(memory, made))))
    outcome = rollout.deploy(memory.fleet, memory.fleet.hosts, made, connect=memory.connect, options=options)
    assert outcome.outcome == "deployed"


def test_another_plan_than_the_one_that_was_shown_is_refused(
    memory: MemoryFleet, make_artifact: Make, make_fleet: Callable[..., Fleet], tmp_path: Path
) -> None:
    made, changed = make_artifact("0.1.0"), make_fleet(("count = 2", "count = 2\nenv = { A = '1' }"))
    shown = rollout.read(written(tmp_path, planned(memory, made)))
    for fleet, artifact in ((memory.fleet, make_artifact("0.2.0")), (changed, made)):
        with pytest.raises(ConfigError, match="nothing was changed: what would be done is not the plan"):
            rollout.deploy(fleet, fleet.hosts, artifact, connect=memory.connect, options=Options(shown=shown))
    memory.hosts["ams1"].switch("courier", made.release_id)
    with pytest.raises(ConfigError) as caught:
        rollout.deploy(
            memory.fleet, memory.fleet.hosts, made, connect=memory.connect, options=Options(shown=shown)
        )
    assert f"-nodes 1/2: ams1: ams1: switch courier nothing → {made.release_id}" in caught.value.detail
    assert memory.changes() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no plan"),
        ("[]", "is no plan"),
        ('{"playbook": "rolling", "digest": "1", "phases": []}', "is no plan: hosts: Field required"),
        ("\xff", "is no plan"),
    ],
)
def test_a_file_that_is_no_plan(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "plan.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match=said) as caught:
        rollout.read(tmp_path / "plan.json")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"digest": "1"}, "was changed after it was written"),
        ({"playbook": "restart"}, "was changed after it was written"),
        ({"hosts": "ams1"}, "is no plan: hosts: "),
        ({"hosts": [1]}, "is no plan: hosts.0: "),
        ({"flags": {"bach": "1"}}, "is no plan: flags.bach"),
        ({"flags": None}, "is no plan: flags: "),
    ],
)
def test_a_plan_that_was_changed(
    memory: MemoryFleet, make_artifact: Make, tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    file = written(tmp_path, planned(memory, make_artifact("0.1.0")), **changes)
    with pytest.raises(ConfigError, match=said):
        rollout.read(file)
