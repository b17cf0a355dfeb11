"""How a task of the command line ends."""

from __future__ import annotations

import json as jsons
import logging
import signal

import pytest
from invoke.context import Context
from invoke.exceptions import Exit

from beamwright import errors
from beamwright.cli.task import task
from beamwright.console import Screen

EVERY: list[type[errors.BeamwrightError]] = [errors.BeamwrightError, *errors.BeamwrightError.__subclasses__()]


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_an_error_is_told_and_gives_its_exit_code(
    kind: type[errors.BeamwrightError], capsys: pytest.CaptureFixture[str]
) -> None:
    @task
    def work(screen: Screen) -> None:
        raise kind("the van broke down", hint="push")

    with pytest.raises(Exit) as ended:
        work(Context())
    out, err = capsys.readouterr()
    assert (ended.value.code, out, err) == (kind.exit_code, "", "error the van broke down\nhint  push\n")


@pytest.mark.parametrize("told", [{}, {"outcome": "reverted"}], ids=["nothing told", "outcome told"])
def test_json_is_one_document_whatever_happens(
    told: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    @task
    def work(screen: Screen, json: bool = False) -> None:
        if told:
            screen.json(told)
        raise errors.LockedError("ams1 is locked", hint="wait")

    with pytest.raises(Exit):
        work(Context(), json=True)
    out: object = jsons.loads(capsys.readouterr().out)
    failed = {"error": "ams1 is locked", "hint": "wait", "exit_code": 5}
    assert out == told if told else out == failed
    with pytest.raises(Exit):
        work(Context(), json=False)
    assert bool(capsys.readouterr().out) == bool(told)


def test_json_says_that_it_was_interrupted(capsys: pytest.CaptureFixture[str]) -> None:
    @task
    def work(screen: Screen, json: bool = False) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Exit):
        work(Context(), json=True)
    assert jsons.loads(capsys.readouterr().out) == {"error": "interrupted", "hint": "", "exit_code": 130}


def test_ctrl_c(capsys: pytest.CaptureFixture[str]) -> None:
    @task
    def work(screen: Screen) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Exit) as ended:
        work(Context())
    assert (ended.value.code, capsys.readouterr().err) == (130, "interrupted\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
def test_a_signal_that_ends_a_task_lets_it_clear_away(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    cleared = []

    @task
    def work(screen: Screen) -> None:
        try:
            signal.raise_signal(number)
        finally:
            cleared.append(number)

    try:
        with pytest.raises(Exit) as ended:
            work(Context())
        assert signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler)
    finally:
        signal.signal(number, before)
    assert (ended.value.code, cleared) == (128 + number, [number])
    assert capsys.readouterr().err == "interrupted\n"


def test_what_is_logged_is_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    @task
    def work(screen: Screen) -> None:
        logging.getLogger("beamwright.rollout.patience").info("no answer yet from %s", "ams1")

    work(Context())
    work(Context())
    out, err = capsys.readouterr()
    assert (out, err) == ("", "no answer yet from ams1\n" * 2)


def test_a_bug_keeps_its_traceback() -> None:
    @task
    def work(screen: Screen) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work(Context())
