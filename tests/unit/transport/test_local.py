"""LocalTarget and FakeTarget, which keep the same promises."""

from __future__ import annotations

import io

import pytest

from beamwright.command import Result, command
from beamwright.errors import UnreachableError
from beamwright.transport import FakeTarget, LocalTarget
from beamwright.transport.fake import Answer


def test_output_error_and_exit_code() -> None:
    result = LocalTarget().run(command("sh", "-c", "echo out; echo err >&2; exit 3"))
    assert (result.exit_code, result.stdout, result.stderr) == (3, "out\n", "err\n")


def test_input_environment_and_lines() -> None:
    lines: list[str] = []
    result = LocalTarget().run(
        command("sh", "-c", 'cat; echo "$A"', A="x y"), stdin=io.BytesIO(b"in\n"), on_line=lines.append
    )
    assert (result.stdout, lines) == ("in\nx y\n", ["in", "x y"])


def test_a_command_that_does_not_read_its_input_ends() -> None:
    assert LocalTarget().run(command("true", stdin=b"x" * 10_000_000)).ok


def test_time_is_limited() -> None:
    with pytest.raises(UnreachableError, match=r"no end after 0\.2 s"):
        LocalTarget().run(command("sleep", "60"), timeout=0.2)


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(UnreachableError, match="no-such-program"):
        LocalTarget().run(command("no-such-program"))


@pytest.mark.parametrize(
    ("answer", "exit_code", "stdout"),
    [("yes\n", 0, "yes\n"), (3, 3, ""), (Result(command("x"), 4, "no\n"), 4, "no\n")],
)
def test_the_fake_answers_and_remembers(answer: Answer, exit_code: int, stdout: str) -> None:
    lines: list[str] = []
    target = FakeTarget("ams1", lambda _: answer)
    result = target.run(command("ask", stdin=b"in"), on_line=lines.append)
    assert (result.exit_code, result.stdout, lines) == (exit_code, stdout, stdout.splitlines())
    assert ([str(c) for c in target.commands], target.sent) == (["ask"], [b"in"])


def test_the_fake_raises_and_takes_a_stream() -> None:
    with pytest.raises(UnreachableError):
        FakeTarget("ams1", lambda _: UnreachableError("gone")).run(command("ask"))
    target = FakeTarget("ams1")
    assert target.run(command("ask"), stdin=io.BytesIO(b"file")).ok
    assert target.sent == [b"file"]
