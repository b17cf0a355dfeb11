"""How a box hears its commands."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from docker import APIClient
from docker.errors import DockerException

from beamwright.command import command
from beamwright.toolchain.box import First, _lines
from beamwright.toolchain.container import binds


def test_lines_are_put_together_from_pieces_of_any_size() -> None:
    text = "eins\r\nzwei\n\nümlaut".encode()
    for size in range(1, len(text)):
        pieces = [text[start : start + size] for start in range(0, len(text), size)]
        assert list(_lines(iter(pieces))) == ["eins", "zwei", "", "ümlaut"]


class Here:
    """An Engine that runs a container's entrypoint on this machine; its output may break off early."""

    id = "here"

    def __init__(self, most: int | None = None) -> None:
        self.entrypoint: list[str] = []
        self._most = most
        self._response = self

    def attach(self, *_: object, **__: object) -> Here:
        return self

    def __iter__(self) -> Iterator[bytes]:
        self._running = subprocess.Popen(self.entrypoint, stdout=subprocess.PIPE)
        assert self._running.stdout
        for line in self._running.stdout:
            yield line if self._most is None else line[: self._most]
            if self._most is not None:
                return

    def close(self) -> None:
        self._running.kill()
        self._running.communicate()


def first(here: Here, script: str) -> First:
    """The script as the program that a box on this machine is begun with."""
    begun = First(cast(APIClient, here), command("sh", "-c", script))
    here.entrypoint = begun.entrypoint
    begun.attach(cast(Any, here))
    return begun


SHOW_PARENT = "tr '\\0' ' ' </proc/$PPID/cmdline"


@pytest.mark.parametrize(("script", "code"), [(f"{SHOW_PARENT}; exit 7", 7), (f"{SHOW_PARENT}; echo", 0)])
def test_a_list_of_processes_is_not_taken_for_the_end(script: str, code: int) -> None:
    here, told = Here(), list[str]()
    ended = first(here, script).ended(told.append)
    assert ended.exit_code == code and ended.stdout == "\n".join(told)
    assert told[-1].startswith("sh -c exec 2>&1") and here.entrypoint[3] in told[-1]


@pytest.mark.parametrize("cut", [0, 1])
def test_output_that_breaks_off_within_its_last_line_is_no_end(cut: int) -> None:
    with pytest.raises(DockerException, match="ended before its program"):
        first(Here(32 + cut), "exit 7").ended(print)


def test_mounts_are_read_only_unless_said_otherwise() -> None:
    mounts = ((Path("/a"), "/source", False), (Path("/b"), "/project", True))
    assert [(each["Source"], each["Target"], each["ReadOnly"]) for each in binds(mounts)] == [
        ("/a", "/source", True),
        ("/b", "/project", False),
    ]
    assert {each["Type"] for each in binds(mounts)} == {"bind"}
