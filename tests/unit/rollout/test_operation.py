"""A change over which the connection is lost: asked about, and begun again only when it never began."""

from __future__ import annotations

import pytest

from beamwright.command import Command
from beamwright.errors import UnreachableError
from beamwright.fleet import Fleet
from beamwright.rollout.crew import Crew
from beamwright.rollout.helper import BROKEN_OFF, NEVER_BEGAN
from beamwright.rollout.operation import perform
from beamwright.transport import FakeTarget
from beamwright.transport.fake import Answer

LOST = UnreachableError("ams1: the connection was lost")


def crew_of(fleet: Fleet, *answers: Answer) -> tuple[Crew, list[list[str]]]:
    """A crew of one host that gives these answers, and the verbs that it has been asked for."""
    script, asked = iter(answers), list[list[str]]()

    def answer(command: Command) -> Answer:
        words = list(command.argv_clear())
        asked.append(words[words.index("/opt/beamwright/host") + 1 :])
        return next(script)

    crew = Crew(fleet, fleet.hosts[:1], lambda host: FakeTarget(host.name, answer))
    crew.fences["ams1"] = 7
    return crew, asked


def test_what_has_ended_meanwhile_is_told_as_it_ended(fleet: Fleet) -> None:
    crew, asked = crew_of(fleet, LOST, LOST, 1)
    assert perform(crew, "ams1", ("switch", "courier", "1-a"), 60.0).exit_code == 1
    operation = asked[0][1]
    assert asked[0] == ["do", operation, "7", "switch", "courier", "1-a"]
    assert asked[1:] == [["result", operation]] * 2


def test_what_never_began_is_begun_again_as_the_same_operation(fleet: Fleet) -> None:
    crew, asked = crew_of(fleet, LOST, NEVER_BEGAN, "")
    assert perform(crew, "ams1", ("confirm", "courier", "-"), 60.0).ok
    assert asked[2] == asked[0]


def test_what_was_broken_off_is_no_success(fleet: Fleet) -> None:
    crew, _ = crew_of(fleet, LOST, BROKEN_OFF)
    with pytest.raises(UnreachableError, match="broken off on the host"):
        perform(crew, "ams1", ("confirm", "courier", "-"), 60.0)


def test_a_host_that_does_not_come_back_is_lost(fleet: Fleet) -> None:
    crew, asked = crew_of(fleet, *[LOST] * 99)
    with pytest.raises(UnreachableError, match="was lost"):
        perform(crew, "ams1", ("confirm", "courier", "-"), 60.0)
    assert {verb[0] for verb in asked[1:]} == {"result"}


def test_nobody_waits_for_a_host_after_the_second_ctrl_c(fleet: Fleet) -> None:
    crew, asked = crew_of(fleet, LOST)
    crew.close()
    with pytest.raises(UnreachableError):
        perform(crew, "ams1", ("confirm", "courier", "-"), 60.0)
    assert len(asked) == 1
