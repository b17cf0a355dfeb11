"""A parcel over connections that are lost: the next one goes on where the last one ended."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Callable
from typing import IO

import pytest

from beamwright.artifact import Artifact
from beamwright.artifact.delta import Delta
from beamwright.command import Command, Result
from beamwright.errors import UnreachableError
from beamwright.fleet import Fleet
from beamwright.rollout.crew import Crew
from beamwright.rollout.helper import LOCKED, NEVER_BEGAN, PATH
from beamwright.rollout.operation import perform
from beamwright.rollout.parcel import Parcel, Shipment, parcel
from beamwright.rollout.upload import SIZES
from beamwright.units import HostFile
from tests.unit.rollout.host import ENV, GROUP, OWNER, TOKEN, FolderHost

MIB = 1 << 20
PARCELS = "opt/beamwright/.operations/.parcels-courier"


class CutLink:
    """The helper of a folder host behind a link that breaks after so many bytes of each upload in `cuts`."""

    name = "ams1"

    def __init__(self, host: FolderHost, *cuts: int) -> None:
        self.cuts, self.brought, self.verbs = list(cuts), list[int](), list[str]()
        self._host = host

    def run(
        self,
        command: Command,
        *,
        timeout: float = 60.0,
        stdin: IO[bytes] | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Result:
        words = list(command.argv_clear())
        verb = words[words.index(PATH) + 1 :]
        self.verbs.append(verb[0])
        cut = self.cuts.pop(0) if verb[0] == "send" and self.cuts else None
        content = stdin.read(-1 if cut is None else cut) if stdin else b""
        if verb[0] == "send":
            self.brought.append(len(content))
        ended = self._host(*verb, stdin=content)
        if cut is not None:
            raise UnreachableError("ams1: the connection was lost")
        return Result(command, ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    def close(self) -> None:
        """There is no connection."""


@pytest.fixture
def made(host: FolderHost) -> Artifact:
    """A release that no compression makes small."""
    return host.artifact("0.1.0", {f"app/priv/{n}": secrets.token_hex(MIB) for n in range(3)})


def whole(made: Artifact) -> Parcel:
    return parcel(Shipment(made, Delta(None, made.manifest().entries)))


def stage(fleet: Fleet, link: CutLink, host: FolderHost, made: Artifact) -> tuple[Result, int]:
    """How staging over the link ended, and the bytes that were told to be sent."""
    counted = list[int]()
    with Crew(fleet, fleet.hosts[:1], lambda _: link) as crew:
        crew.fences["ams1"] = host.fence
        verb = ("stage", "courier", made.release_id, "-", "newer")
        return perform(crew, "ams1", verb, 60.0, whole(made), counted.append), sum(counted)


def parts(host: FolderHost) -> list[int]:
    return [path.stat().st_size for path in host.root.glob(f"{PARCELS}/*")]


def send(host: FolderHost, packed: Parcel) -> None:
    numbers = (packed.sha256, "0", str(packed.size))
    host.say("send", str(host.fence), "courier", *numbers, stdin=packed.open().read())


def test_what_has_arrived_is_not_sent_again(fleet: Fleet, host: FolderHost, made: Artifact) -> None:
    host.lock()
    size, link = whole(made).size, CutLink(host, MIB, 2 * MIB)
    result, counted = stage(fleet, link, host, made)
    assert (result.exit_code, result.stderr) == (0, "")
    assert link.brought == [MIB, min(2 * MIB, size - MIB), *([size - 3 * MIB] if size > 3 * MIB else [])]
    assert sum(link.brought) == counted == size
    assert host.app.releases == (made.release_id,)
    host.say("check", "courier", made.release_id)
    assert parts(host) == []


def test_the_next_deployer_goes_on_where_one_was_killed(
    fleet: Fleet, host: FolderHost, made: Artifact
) -> None:
    host.lock()
    packed = whole(made)
    host("send", str(host.fence), "courier", packed.sha256, "0", str(packed.size), stdin=_first(packed, MIB))
    assert parts(host) == [MIB]
    host.say("unlock", "courier", TOKEN, "killed")
    host.lock("fedcba9876543210")
    link = CutLink(host)
    assert stage(fleet, link, host, made)[0].ok
    assert link.brought == [packed.size - MIB]


def test_what_a_power_cut_has_spoilt_is_sent_whole(fleet: Fleet, host: FolderHost, made: Artifact) -> None:
    host.lock()
    packed = whole(made)
    host("send", str(host.fence), "courier", packed.sha256, "0", str(packed.size), stdin=bytes(MIB))
    link = CutLink(host)
    assert stage(fleet, link, host, made)[0].ok
    assert link.brought == [packed.size - MIB, packed.size]
    assert parts(host) == []


def test_what_came_whole_and_was_spoilt_afterwards_is_sent_whole(
    fleet: Fleet, host: FolderHost, made: Artifact
) -> None:
    host.lock()
    packed = whole(made)
    send(host, packed)
    (part,) = host.root.glob(f"{PARCELS}/*")
    part.write_bytes(bytes(packed.size))
    link = CutLink(host)
    assert stage(fleet, link, host, made)[0].ok
    assert link.brought == [packed.size]


@pytest.mark.parametrize("spoilt", [False, True])
def test_what_came_whole_and_was_not_found_so_yet_is_no_failure(
    fleet: Fleet, host: FolderHost, made: Artifact, spoilt: bool
) -> None:
    host.lock()
    packed, link = whole(made), CutLink(host)
    content = bytes(packed.size) if spoilt else packed.open().read()
    host.write(f"{PARCELS}/{packed.sha256}.abcdef", "").write_bytes(content)
    assert stage(fleet, link, host, made)[0].ok
    assert link.brought == ([0, packed.size] if spoilt else [0])
    assert parts(host) == []


def test_an_operation_that_was_lost_over_its_parcel_is_begun_again(host: FolderHost, made: Artifact) -> None:
    host.lock()
    packed, operation = whole(made), "00000000deadbeef"
    send(host, packed)
    verb = ("stage", "courier", made.release_id, "-", "newer", packed.sha256)
    host.write("bin/sha256sum", "#!/bin/sh\nkill -9 0\n")
    again = host.command("do", operation, str(host.fence), *verb)
    subprocess.run(again, stdin=subprocess.DEVNULL, start_new_session=True, check=False)
    (host.root / "bin/sha256sum").unlink()
    assert host("result", operation).returncode == NEVER_BEGAN
    assert parts(host) == [packed.size]
    host.say("do", operation, str(host.fence), *verb)
    assert (host.app.releases, parts(host)) == ((made.release_id,), [])


def test_files_are_never_sent_ahead_and_never_kept(fleet: Fleet, host: FolderHost) -> None:
    host.lock()
    files, link = parcel((HostFile(ENV, secrets.token_hex(2 * MIB), 0o640, OWNER, GROUP),)), CutLink(host)
    assert files.size in SIZES
    with Crew(fleet, fleet.hosts[:1], lambda _: link) as crew:
        crew.fences["ams1"] = host.fence
        assert perform(crew, "ams1", ("install", "courier"), 60.0, files).ok
    assert link.verbs == ["do"]
    send(host, files)
    refused = host.attempt("install", "courier", files.sha256)
    assert (refused.returncode, b"did not arrive whole" in refused.stderr) == (1, True)


def test_what_can_be_no_parcel_is_refused(host: FolderHost) -> None:
    host.lock()
    for app, begin, size in (("courier", "10", "9"), ("stranger", "0", "9")):
        assert host("send", str(host.fence), app, "0" * 64, begin, size, stdin=b"x" * 99).returncode == 2
    assert host("send", str(host.fence), "rabbitmq", "0" * 64, "0", "9").returncode == 1
    assert parts(host) == []


def test_a_copy_that_finds_no_room_is_told_as_that_and_sent_whole(host: FolderHost, made: Artifact) -> None:
    host.lock()
    packed = whole(made)
    host("send", str(host.fence), "courier", packed.sha256, "0", str(packed.size), stdin=_first(packed, MIB))
    more = host.command("send", str(host.fence), "courier", packed.sha256, str(MIB), str(packed.size))
    little = ["sh", "-c", 'ulimit -f 8; exec "$@"', "sh", *more]
    ended = subprocess.run(little, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert (ended.returncode, b"what was sent before found no room a second time" in ended.stderr) == (
        1,
        True,
    )
    assert parts(host) == [MIB]
    send(host, packed)
    assert parts(host) == [packed.size]


def test_two_connections_that_bring_nothing_are_the_last(
    fleet: Fleet, host: FolderHost, made: Artifact
) -> None:
    host.lock()
    link = CutLink(host, 0, MIB, 0, 0, MIB)
    with pytest.raises(UnreachableError, match="was lost"):
        stage(fleet, link, host, made)
    assert link.brought == [0, MIB, 0, 0]
    assert host.app.releases == ()


def test_a_parcel_takes_the_place_of_another_one_of_its_app(host: FolderHost, made: Artifact) -> None:
    host.lock()
    packed = whole(made)
    for digest in ("1" * 64, packed.sha256):
        sent = host("send", str(host.fence), "courier", digest, "0", str(packed.size), stdin=b"some")
        assert (sent.returncode, b"did not arrive whole" in sent.stderr) == (1, True)
        assert host.say("arrived", "courier", digest) == "4\n"
    assert parts(host) == [4]


def test_nobody_sends_without_the_lease(host: FolderHost) -> None:
    host.lock()
    for fence in (host.fence + 1, 0):
        assert host("send", str(fence), "courier", "0" * 64, "0", "9").returncode == LOCKED
    assert parts(host) == []


def test_a_small_parcel_comes_with_its_operation(fleet: Fleet, host: FolderHost) -> None:
    host.lock()
    made, link = host.artifact("0.2.0"), CutLink(host)
    result, counted = stage(fleet, link, host, made)
    assert (result.ok, counted, link.verbs) == (True, whole(made).size, ["do"])


def _first(packed: Parcel, count: int) -> bytes:
    with packed.open() as stream:
        return stream.read(count)


def test_a_parcel_is_read_from_any_byte_on(made: Artifact) -> None:
    packed = whole(made)
    content = packed.open().read()
    assert len(content) == packed.size
    for begin in (0, 1, 511, 512, 513, packed.size - 1025, packed.size - 1, packed.size):
        assert packed.open(begin).read() == content[begin:]
