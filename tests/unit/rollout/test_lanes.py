"""What of a phase goes on at once, and what is one operation of it."""

from __future__ import annotations

from beamwright.rollout.lanes import lanes, undone, verb_of
from beamwright.rollout.plan import Action, Phase

SWITCH = Action("ams1", "switch", ("switch", "courier", "0.2.0-a"))
FIRST = Action("ams1", "restart 1", ("restart", "courier", "courier@1.service"))
SECOND = Action("ams1", "restart 2", ("restart", "courier", "courier@2.service"))
RABBIT = Action("ams1", "restart rabbitmq", ("restart", "rabbitmq", "beamwright-rabbitmq.service"))
CONFIRM = Action("ams1", "confirm", ("confirm", "courier", "0.2.0-a"))
PRUNE = Action("ams1", "prune", ("prune", "courier", "3"), optional=True)
ELSEWHERE = Action("ams2", "restart 1", ("restart", "courier", "courier@1.service"))


def test_a_switch_is_one_with_the_restart_right_after_it() -> None:
    (lane,) = lanes(Phase("nodes", False, (SWITCH, FIRST, SECOND)))
    assert lane == [(SWITCH, FIRST), (SECOND,)]
    assert verb_of(lane[0]) == ("switch", "courier", "0.2.0-a", "courier@1.service")
    assert verb_of(lane[1]) == SECOND.verb


def test_a_confirm_is_one_with_what_it_prunes() -> None:
    (lane,) = lanes(Phase("confirm", False, (CONFIRM, PRUNE)))
    assert lane == [(CONFIRM, PRUNE)]
    assert verb_of(lane[0]) == ("confirm", "courier", "0.2.0-a", "3")


def test_what_was_said_tells_which_of_the_two_is_not_done() -> None:
    assert undone((CONFIRM, PRUNE), "confirmed\n0.1.0-a\n") == (PRUNE, "0.1.0-a\n")
    assert undone((CONFIRM, PRUNE), "") == (CONFIRM, "")
    assert undone((CONFIRM,), "confirmed\n") == (CONFIRM, "confirmed\n")
    assert undone((SWITCH, FIRST), "switched\nboom\n") == (FIRST, "boom\n")
    assert undone((FIRST,), "boom\n") == (FIRST, "boom\n")


def test_a_switch_stays_alone_where_something_else_comes_next() -> None:
    for other in (RABBIT, ELSEWHERE, SWITCH, PRUNE):
        assert lanes(Phase("nodes", False, (SWITCH, other))) == [[(SWITCH,), (other,)]]
    assert lanes(Phase("nodes", False, (SWITCH,))) == [[(SWITCH,)]]


def test_hosts_of_a_parallel_phase_are_lanes() -> None:
    phase = Phase("nodes", True, (SWITCH, ELSEWHERE, FIRST))
    assert lanes(phase) == [[(SWITCH, FIRST)], [(ELSEWHERE,)]]
