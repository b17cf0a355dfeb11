"""The helper is killed at any moment and the power goes: what was confirmed is there, and works again."""

from __future__ import annotations

import os
import random
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

from beamwright.artifact import Artifact
from beamwright.artifact.delta import delta
from beamwright.rollout.parcel import Parcel, Shipment, parcel
from beamwright.units import HostFile
from tests.unit.rollout.host import ENV, GROUP, NODE, OWNER, FolderHost

MOMENTS = 4
"""So many are tried, drawn anew each time; `python -m tests.unit.rollout.test_host_crash` tries all."""

EFFECTS = ("chmod", "cp", "ln", "mkdir", "mv", "rm", "rmdir", "sync", "tar", "touch")
# Counts every effect of the helper, and kills it with all that it started before the one that is asked for.
COUNTING = """#!/bin/sh
count=$(($(cat @ROOT@/count) + 1))
echo $count >@ROOT@/count
[ $count -ne "$(cat @ROOT@/at)" ] || kill -9 0
exec /usr/bin/env PATH=/usr/bin:/bin "${0##*/}" "$@"
"""


class Crash:
    """A host that runs one release, and a roll-out to the next that is killed at its Nth effect."""

    def __init__(self, host: FolderHost) -> None:
        self.host = host
        self.first = host.artifact("0.1.0", {"app/a": "same", "app/b": "1"})
        self.second = host.artifact("0.2.0", {"app/a": "same", "app/b": "2"})
        # One too many, once the second is there.
        os.utime(host.base / "releases" / host.stage("0.0.9"), (1, 1))
        host.send(self.first)
        host.install(env="A=1\n")
        host.switch(self.first.release_id)
        host.do("restart", "courier", NODE)
        host.say("release-lock", "courier")
        self.saved = host.root.with_name("saved")
        shutil.copytree(host.root, self.saved, symlinks=True)

    def roll_out(self, at: int) -> int:
        """The whole of it, killed at an effect; how many effects there were until then."""
        host = self.host
        host.lock(secrets.token_hex(8))
        for name in EFFECTS:
            host.write(f"bin/{name}", COUNTING)
        host.write("count", "0")
        host.write("at", str(at))
        # Until it is killed: what is broken off has no lease any more.
        all(self.session(verb, sent) for verb, sent in self.steps())
        for name in EFFECTS:
            (host.root / "bin" / name).unlink()
        host.write("bin/sync", "#!/bin/sh\n")
        return int((host.root / "count").read_text())

    def steps(self) -> list[tuple[tuple[str, ...], Parcel | None]]:
        new, old = self.second, self.first
        way = delta(new.manifest().entries, {old.release_id: old.manifest().entries})
        ship = parcel(Shipment(new, way))
        files = parcel((HostFile(ENV, "A=2\n", 0o640, OWNER, GROUP),))
        return [
            (("stage", "courier", new.release_id, old.release_id, "newer", ship.sha256), ship),
            (("install", "courier", files.sha256), files),
            (("switch", "courier", new.release_id), None),
            (("restart", "courier", NODE), None),
            (("confirm", "courier", new.release_id, "2"), None),
        ]

    def session(self, verb: tuple[str, ...], sent: Parcel | None) -> bool:
        """One change in a session of its own, which a kill ends too; whether it came to its end."""
        command = self.host.command("do", secrets.token_hex(8), str(self.host.fence), *verb)
        ended = subprocess.run(
            command,
            input=sent.open().read() if sent else b"",
            start_new_session=True,
            capture_output=True,
            check=False,
        )
        return ended.returncode == 0

    def back(self) -> None:
        """The power went and comes back; everything has to be as it was confirmed, and told so."""
        host = self.host
        host.power_cut()
        confirmed = host.app.current == self.second.release_id and not host.app.unconfirmed
        host.say("expire", "courier", "boot")
        self.is_on(*((self.second, "A=2\n") if confirmed else (self.first, "A=1\n")))
        assert not host.app.unconfirmed
        assert not (host.base / ".undo").exists()
        words = [line.split()[2:] for line in host.journal()]
        told = [what[-1] for what in words if what[0] == "confirmed" or what[:2] == ["reverted", "to"]]
        assert told[-1] == host.app.current

    def again(self) -> None:
        """The same command again comes to its end."""
        host = self.host
        host.lock(secrets.token_hex(8))
        for verb, sent in self.steps():
            host.do(*verb, stdin=sent.open().read() if sent else b"")
        self.is_on(self.second, "A=2\n")
        assert set(host.app.releases) == {self.first.release_id, self.second.release_id}

    def is_on(self, made: Artifact, env: str) -> None:
        host = self.host
        assert host.app.current == made.release_id
        assert (host.root / ENV[1:]).read_text() == env
        host.say("check", "courier", made.release_id)

    def restore(self) -> None:
        shutil.rmtree(self.host.root)
        shutil.copytree(self.saved, self.host.root, symlinks=True)
        self.host.clock(1000)
        subprocess.run(["rm", "-rf", str(self.host.root / "run")], check=True)


def try_at(crash: Crash, at: int) -> None:
    crash.restore()
    crash.roll_out(at)
    crash.back()
    crash.again()


def test_killed_at_any_moment_the_host_is_as_it_was_confirmed_and_the_same_again_converges(
    one_host: FolderHost,
) -> None:
    crash = Crash(one_host)
    total = crash.roll_out(0)
    assert total > 40
    seed = random.SystemRandom().randrange(10**6)
    for at in sorted(random.Random(seed).sample(range(1, total + 1), MOMENTS)):
        print(f"seed {seed}: killed at effect {at} of {total}")
        try_at(crash, at)


def main(folder: Path) -> None:
    """Every moment there is."""
    from beamwright.fleet import load

    crash = Crash(FolderHost(folder / "host", load(Path("fleet.toml")), ["sh"]))
    total = crash.roll_out(0)
    for at in range(1, total + 1):
        try_at(crash, at)
    print(f"{total} moments tried, {total} survived")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
