"""Facts in, actions out: the cases that a whole roll-out does not show."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from beamwright.artifact import Artifact
from beamwright.errors import ConfigError
from beamwright.fleet import Fleet
from beamwright.rollout import playbook, preflight
from beamwright.rollout.cluster import Dispensable, Members, Whole
from beamwright.rollout.facts import App, HostFacts, NodeStatus, Unit
from beamwright.rollout.goal import Goal, Situation
from beamwright.rollout.nodes import bring_nodes_back, roll_nodes
from beamwright.rollout.plan import plan
from beamwright.rollout.reasons import restart_reasons
from beamwright.rollout.steps import roll_sidecars, start_sidecars
from beamwright.units import HostFile

Make = Callable[[str], Artifact]

UNIT = "courier@1.service"
ENV, OTHER, SECRET = (f"/etc/beamwright/courier/{name}" for name in ("1.env", "2.env", "secrets/cookie"))
TEMPLATE, SLICE = (f"/etc/systemd/system/courier{name}" for name in ("@.service", ".slice"))
READY = NodeStatus("1", "ready", True, 0, 0)
WELL = Unit(UNIT, "active", True, 0, "r1", READY)


def situation(fleet: Fleet, app: App, goal: Goal, name: str = "courier") -> Situation:
    host = fleet.hosts[0]
    facts = HostFacts("-", "x86_64", 252, 10**9, {name: app})
    return Situation(fleet, (host,), {host.name: facts}, {(host.name, name): goal})


@pytest.mark.parametrize(
    ("unit", "started", "goal", "reasons"),
    [
        (WELL, {}, Goal("r1", (UNIT,)), ()),
        (None, {}, Goal("r1", (UNIT,)), ("not running",)),
        (replace(WELL, state="inactive"), {}, Goal("r1", (UNIT,)), ("not running",)),
        (replace(WELL, state="failed"), {}, Goal("r1", (UNIT,)), ("failed",)),
        (replace(WELL, status=replace(READY, ready=False)), {}, Goal("r1", (UNIT,)), ("not ready",)),
        (WELL, {}, Goal("r2", (UNIT,)), ("release",)),
        (replace(WELL, running=None), {}, Goal("r1", (UNIT,)), ("release",)),
        (WELL, {ENV: "new"}, Goal("r1", (UNIT,)), ("1.env",)),
        (WELL, {SECRET: "new", TEMPLATE: "new"}, Goal("r1", (UNIT,)), ("cookie", "courier@.service")),
        (WELL, {OTHER: "new", SLICE: "new"}, Goal("r1", (UNIT,)), ()),
        (WELL, {}, Goal("r1", (UNIT,), again=True), ("asked for",)),
    ],
    ids=[
        "as it shall be", "never started", "stopped", "failed", "not ready", "release", "release unknown",
        "its settings", "secret and unit", "what it does not read", "asked for",
    ],
)  # fmt: skip
def test_reasons_to_restart(
    fleet: Fleet, unit: Unit | None, started: dict[str, str], goal: Goal, reasons: tuple[str, ...]
) -> None:
    files = dict.fromkeys((ENV, OTHER, SECRET, TEMPLATE, SLICE), "old")
    app = App("r1", files=files | started, started={UNIT: files}, units={UNIT: unit} if unit else {})
    assert restart_reasons(situation(fleet, app, goal), fleet.hosts[0], "courier", UNIT) == reasons


def test_a_secret_that_others_can_read_is_put_right_without_a_restart(fleet: Fleet) -> None:
    secret = HostFile(SECRET, "1", 0o400, secret=True)
    files = {SECRET: hashlib.sha256(b"1").hexdigest()}
    units = {UNIT: replace(WELL, name=UNIT)}
    app = App("r1", files=files, loose=frozenset({SECRET}), started={UNIT: files}, units=units)
    actions = roll_nodes(situation(fleet, app, Goal("r1", (UNIT,), (secret,))))
    assert [action.text for action in actions][:1] == ["install courier: secrets/cookie (open to others)"]
    assert "restart" not in {action.verb[0] for action in actions}
    assert roll_nodes(situation(fleet, app, Goal("r1", (UNIT,)))) == ()


def test_the_node_that_is_down_goes_first(fleet: Fleet) -> None:
    units = {UNIT: WELL, "courier@2.service": replace(WELL, name="courier@2.service", state="failed")}
    goal = Goal("r2", tuple(units))
    actions = roll_nodes(situation(fleet, App("r1", units=units), goal))
    restarts = [action.verb[2] for action in actions if action.verb[0] == "restart"]
    assert restarts == ["courier@2.service", UNIT]


def test_on_the_way_back_no_node_waits_for_one_that_runs_what_failed(fleet: Fleet) -> None:
    second = "courier@2.service"
    units = {UNIT: replace(WELL, running="r2"), second: replace(WELL, name=second, state="failed")}
    actions = bring_nodes_back(situation(fleet, App("r1", units=units), Goal("r1", tuple(units))))
    here = {node.name for node in fleet.hosts[0].nodes}
    assert [action.until.expected & here for action in actions if isinstance(action.until, Whole)] == [
        here - {fleet.hosts[0].nodes[0].name},
        here,
    ]


def test_a_sidecar_is_restarted_only_for_its_own_changes(fleet: Fleet) -> None:
    unit = "beamwright-rabbitmq.service"
    files = {
        "/etc/beamwright/rabbitmq/config/rabbitmq.conf": "1",
        "/etc/sysusers.d/beamwright-rabbitmq.conf": "1",
    }
    app = App(
        "4.0.5-a", files=files, started={unit: files}, units={unit: Unit(unit, "active", True, 0, "4.0.5-a")}
    )
    goal = Goal("4.0.5-a", (unit,))
    assert roll_sidecars(situation(fleet, app, goal, "rabbitmq")) == ()
    stale = replace(app, started={unit: dict.fromkeys(files, "0")})
    verbs = [action.verb[0] for action in roll_sidecars(situation(fleet, stale, goal, "rabbitmq"))]
    assert verbs == ["restart", "members", "confirm"]


def rabbitmqs(fleet: Fleet) -> Situation:
    """Hosts whose RabbitMQ runs, and gets another release."""
    unit = "beamwright-rabbitmq.service"
    app = App("4.0.5-a", units={unit: Unit(unit, "active", True, 0, "4.0.5-a")})
    facts = {host.name: HostFacts("-", "x86_64", 252, 10**9, {"rabbitmq": app}) for host in fleet.hosts}
    goals = {(host.name, "rabbitmq"): Goal("4.0.6-a", (unit,)) for host in fleet.hosts}
    return Situation(fleet, fleet.hosts, facts, goals)


def test_a_rabbitmq_stops_only_when_no_majority_needs_it(five: Callable[[str], Fleet]) -> None:
    actions = roll_sidecars(rabbitmqs(five("")))
    verbs = ["critical", "switch", "restart", "members", "confirm"]
    assert [(action.host, action.verb[0]) for action in actions] == [
        (f"ams{number}", verb) for number in range(1, 6) for verb in verbs
    ]
    assert actions[0].until == Dispensable("ams1")


def test_two_rabbitmqs_keep_no_majority_and_the_plan_says_so(fleet: Fleet) -> None:
    actions = roll_sidecars(rabbitmqs(fleet))
    assert [action.verb[0] for action in actions] == ["switch", "restart", "members", "confirm"] * 2
    assert actions[1].text == "restart rabbitmq (release, an outage for its queues)"


def test_sidecars_that_do_not_run_start_together_and_see_each_other(fleet: Fleet) -> None:
    unit = "beamwright-rabbitmq.service"
    facts = HostFacts("-", "x86_64", 252, 10**9, {})
    goals = {(host.name, "rabbitmq"): Goal("4.0.5-a", (unit,)) for host in fleet.hosts}
    found = Situation(fleet, fleet.hosts, {host.name: facts for host in fleet.hosts}, goals)
    actions = start_sidecars(found)
    assert [action.verb[0] for action in actions] == ["switch", "restart", "members", "confirm"] * 2
    assert {action.until for action in actions if action.until} == {Members(frozenset({"ams1", "ams2"}))}
    assert roll_sidecars(found) == ()


def test_a_plan_that_only_looks_is_empty(fleet: Fleet) -> None:
    units = {UNIT: WELL, "courier@2.service": replace(WELL, name="courier@2.service")}
    found = situation(fleet, App("r1", units=units), Goal("r1", tuple(units)))
    assert plan(found, playbook.load("rolling", fleet.folder)).phases == ()


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"systemd": 249}, "systemd 249 is older than 250"),
        ({"arch": "aarch64"}, "built for amd64, the host is aarch64"),
        ({"free_kb": 0}, "0 MiB free"),
    ],
)
def test_a_host_that_is_unfit_is_named(
    fleet: Fleet, make_artifact: Make, facts: dict[str, Any], said: str
) -> None:
    made = make_artifact("1.0.0")
    found = situation(fleet, App(), Goal(made.release_id, (UNIT,), artifact=made))
    found = replace(found, facts={"ams1": replace(found.facts["ams1"], **facts)})
    with pytest.raises(ConfigError, match=f"nothing was changed: ams1: .*{said}"):
        preflight.check(found)
