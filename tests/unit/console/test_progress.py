"""A roll-out as it is told, where nobody watches and where somebody does."""

from __future__ import annotations

import json

import pytest

from beamwright.console.progress import Progress
from beamwright.rollout import Event, HostOutcome, Outcome, Plan
from beamwright.rollout.plan import Action, Phase
from tests.unit.console.conftest import Printed

OUTCOME = Outcome(
    "deployed", "0.2.0", "d" * 64, (HostOutcome("ams1", "deployed", None, "0.2.0-d", 1500, 2.0),)
)
PLAN = Plan("rolling", (Phase("nodes", False, (Action("ams1", "restart courier1@ams1", ("restart",)),)),))
EVENTS = (
    Event("phase", "nodes"),
    Event("start", "restart courier1@ams1", "ams1"),
    Event("done", "restart courier1@ams1", "ams1", 2.04),
    Event("start", "restart courier2@ams1", "ams1"),
    Event("fail", "restart courier2@ams1", "ams1", 3.0),
    Event("detail", "** (exit) [boom]", "ams1"),
    Event("end", "deployed", outcome=OUTCOME),
)


def tell(printed: Printed, *events: Event, as_json: bool = False) -> None:
    """Tells the events, and then what they came to."""
    with (progress := Progress(printed.screen)):
        for event in events:
            progress(event)
    progress.tell(as_json)


def test_a_line_for_everything_that_ended(plain: Printed) -> None:
    tell(plain, *EVENTS)
    assert plain.err.splitlines() == [
        "",
        "nodes",
        "  ✔ ams1: restart courier1@ams1  2.0 s",
        "  ✘ ams1: restart courier2@ams1  3.0 s",
        "    ams1: ** (exit) [boom]",
    ]
    assert [line.split() for line in plain.out.splitlines()] == [
        ["host", "outcome", "from", "to", "sent", "seconds"],
        ["ams1", "deployed", "-", "0.2.0-d", "1.5", "kB", "2.0"],
    ]


def test_a_person_sees_the_same_lines(watched: Printed) -> None:
    tell(watched, *EVENTS)
    assert "✔ ams1: restart courier1@ams1" in watched.err
    assert "deployed" in watched.out


@pytest.mark.parametrize(
    ("events", "keys"),
    [
        (EVENTS, {"outcome", "version", "digest", "error", "hosts"}),
        (
            (Event("plan", "", plan=PLAN), EVENTS[-1]),
            {"outcome", "version", "digest", "error", "hosts", "plan"},
        ),
    ],
    ids=["done", "dry run"],
)
def test_json(plain: Printed, events: tuple[Event, ...], keys: set[str]) -> None:
    tell(plain, *events, as_json=True)
    assert set(json.loads(plain.out)) == keys


def test_a_dry_run_shows_the_plan(plain: Printed) -> None:
    tell(plain, Event("plan", "", plan=PLAN), EVENTS[-1])
    assert plain.out == "nodes\n  ams1: restart courier1@ams1\n"


@pytest.mark.parametrize("as_json", [True, False])
def test_what_never_began_has_no_result(plain: Printed, as_json: bool) -> None:
    tell(plain, Event("phase", "look"), as_json=as_json)
    assert plain.out == ""
