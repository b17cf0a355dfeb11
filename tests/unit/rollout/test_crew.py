"""Many hosts asked at once: for whom it waits, and their errors as one."""

from __future__ import annotations

import logging
import threading

import pytest

from beamwright.errors import BeamwrightError, NoAnswerError, UnreachableError
from beamwright.fleet import Fleet
from beamwright.rollout.crew import Crew, all_of
from beamwright.transport import FakeTarget


def refused(host: str) -> UnreachableError:
    return UnreachableError(f"{host}: its key is unknown", hint=f"ssh-keyscan {host} >> known_hosts")


def silent(host: str) -> NoAnswerError:
    return NoAnswerError(f"{host}: no connection", hint=f"does `ssh {host}` work?")


SUDO = UnreachableError("ams9: exit code 1", hint="sudo -n")


@pytest.mark.parametrize(
    ("errors", "hints"),
    [
        ((refused("ams1"), refused("ams2")), ("ssh-keyscan ams1 >>", "ssh-keyscan ams2 >>")),
        ((silent("ams1"), refused("ams2"), silent("ams3")), ("ssh-keyscan ams2 >>", "does `ssh ams1`")),
        ((SUDO, SUDO), ("sudo -n",)),
        ((silent("ams1"), silent("ams2")), ("does `ssh ams1`",)),
        ((refused("ams1"), UnreachableError("ams2: no facts")), ("ssh-keyscan ams1 >>",)),
    ],
    ids=["unknown keys", "down and unknown", "the same", "down", "no hint"],
)
def test_every_host_has_its_hint(errors: tuple[BeamwrightError, ...], hints: tuple[str, ...]) -> None:
    answers = {f"ams{number}": error for number, error in enumerate(errors)}
    with pytest.raises(UnreachableError) as told:
        all_of({**answers, "ams7": "well"})
    lines = told.value.hint.splitlines()
    assert len(lines) == len(hints)
    assert all(line.startswith(hint) for line, hint in zip(lines, hints, strict=True))
    assert told.value.detail.splitlines() == [error.message for error in errors]


@pytest.mark.parametrize(
    ("down", "endless", "told"),
    [
        (("ams2",), False, ["no answer yet from ams2"]),
        (("ams1", "ams2"), False, ["no answer yet from ams1, ams2"]),
        (("ams2",), True, []),
        ((), False, []),
    ],
    ids=["one", "both", "one whose answer has no end", "none"],
)
def test_hosts_that_are_waited_for_are_named_once(
    fleet: Fleet,
    down: tuple[str, ...],
    endless: bool,
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("beamwright.rollout.patience.SECONDS", 0.1)
    caplog.set_level(logging.INFO, "beamwright")
    never = threading.Event()

    with Crew(fleet, fleet.hosts, lambda host: FakeTarget(host.name)) as crew:
        answers = crew.each(lambda host: host.name in down and never.wait(0.4), endless=endless)
        assert set(answers) == {"ams1", "ams2"}
        # Where all have answered, nobody is named any more.
        never.wait(0.2)
    assert [record.getMessage() for record in caplog.records] == told
