"""What many hosts answer at once, as one error."""

from __future__ import annotations

import pytest

from beamwright.errors import BeamwrightError, NoAnswerError, UnreachableError
from beamwright.rollout.crew import all_of


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
