"""Hooks: when they run, what they know, and what it means when they fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from beamwright import rollout
from beamwright.artifact import Artifact
from beamwright.errors import ConfigError, RolledBackError, UnconfirmedError, VerifyError
from tests.unit.rollout.memory import MemoryFleet

Make = Callable[[str], Artifact]
NAMES = ("before", "before-host", "after-host", "after", "failed")


@pytest.fixture
def hooks(tmp_path: Path) -> Callable[..., Path]:
    """Writes all hooks; each notes its name and some variables, and those in `failing` fail."""

    def make(*failing: str) -> Path:
        folder, notes = tmp_path / "hooks", tmp_path / "notes"
        folder.mkdir()
        for name in NAMES:
            script = f'#!/bin/sh\necho "$BEAMWRIGHT_PLAYBOOK {name} $BEAMWRIGHT_HOST" >>{notes}\n'
            script += f"env >{tmp_path}/env-{name}\n" + ("echo no; exit 3\n" if name in failing else "")
            (folder / name).write_text(script)
            (folder / name).chmod(0o755)
        return notes

    return make


def deploy(memory: MemoryFleet, artifact: Artifact) -> None:
    rollout.deploy(
        memory.fleet, memory.fleet.hosts, artifact, on_event=memory.events.append, connect=memory.connect
    )


def test_around_each_host_and_the_whole(
    memory: MemoryFleet, make_artifact: Make, hooks: Callable[..., Path], tmp_path: Path
) -> None:
    notes = hooks()
    deploy(memory, make_artifact("0.1.0"))
    assert notes.read_text().splitlines() == [
        "rolling before ", "rolling before-host ams1", "rolling after-host ams1",
        "rolling before-host ams2", "rolling after-host ams2", "rolling after ",
    ]  # fmt: skip
    known = (tmp_path / "env-after-host").read_text().splitlines()
    assert {
        "BEAMWRIGHT_PROJECT=courier", "BEAMWRIGHT_VERSION=0.1.0", "BEAMWRIGHT_HOSTS=ams1,ams2",
        "BEAMWRIGHT_ADDRESS=10.0.0.2", "BEAMWRIGHT_CLUSTER=ams",
        "BEAMWRIGHT_NODES=courier1@ams2,courier2@ams2", f"BEAMWRIGHT_FLEET={tmp_path}/fleet.toml",
    } <= set(known)  # fmt: skip
    notes.unlink()
    deploy(memory, make_artifact("0.1.0"))
    assert not notes.exists()


@pytest.mark.parametrize(
    ("failing", "error", "said", "ran"),
    [
        ("before", RolledBackError, "hook before: exit code 3: no; nothing was", ["before", "failed"]),
        (
            "before-host", RolledBackError, "ams1: hook before-host: exit code 3",
            ["before", "before-host", "failed"],
        ),
        (
            "after-host", RolledBackError, "ams1: hook after-host: exit code 3",
            ["before", "before-host", "after-host", "failed"],
        ),
        (
            "after", VerifyError, "hook after: exit code 3: no; every node runs what it shall",
            ["before", "before-host", "after-host", "before-host", "after-host", "after", "failed"],
        ),
    ],
)  # fmt: skip
def test_one_that_fails(
    memory: MemoryFleet, make_artifact: Make, hooks: Callable[..., Path], tmp_path: Path,
    failing: str, error: type[Exception], said: str, ran: list[str],
) -> None:  # fmt: skip
    deploy(memory, make_artifact("0.1.0"))
    notes = hooks(failing)
    with pytest.raises(error, match=said):
        deploy(memory, make_artifact("0.2.0"))
    assert [line.split()[1] for line in notes.read_text().splitlines()] == ran
    assert said in (tmp_path / "env-failed").read_text()
    current = {str(host.current).split("-")[0] for host in memory.hosts.values()}
    assert current == {"0.2.0" if failing == "after" else "0.1.0"}
    assert all(host.undo is None and host.held is None for host in memory.hosts.values())


def test_ctrl_c_is_not_the_hook_s(
    memory: MemoryFleet, make_artifact: Make, hooks: Callable[..., Path], tmp_path: Path
) -> None:
    notes = hooks()
    script = (
        f"#!/bin/sh\necho before-host >>{notes}\n[ $$ = $(ps -o sid= -p $$) ] && kill -INT $PPID; sleep 0.5\n"
    )
    (tmp_path / "hooks" / "before-host").write_text(script)
    with pytest.raises(UnconfirmedError, match="interrupted: ams1: unchanged, no release; ams2: unchanged"):
        deploy(memory, make_artifact("0.1.0"))
    assert notes.read_text().splitlines()[1:] == ["before-host", "rolling failed "]
    assert [host.held for host in memory.hosts.values()] == [None, None]


def test_what_can_not_be_a_hook_is_refused(memory: MemoryFleet, make_artifact: Make, tmp_path: Path) -> None:
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks" / "before").write_text("#!/bin/sh\n")
    with pytest.raises(ConfigError, match="is not executable"):
        deploy(memory, make_artifact("0.1.0"))
    (tmp_path / "hooks" / "before").rename(tmp_path / "hooks" / "pre-deploy")
    with pytest.raises(ConfigError, match="there is no such hook") as caught:
        deploy(memory, make_artifact("0.1.0"))
    assert "before-host" in caught.value.hint
    assert memory.calls == []
