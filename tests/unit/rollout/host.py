"""A host that is a folder: the helper in a root of its own, with systemd's programs played by scripts."""

from __future__ import annotations

import getpass
import grp
import os
import secrets
import subprocess
from collections.abc import Mapping
from pathlib import Path

from beamwright.artifact import Artifact
from beamwright.artifact.archive import pack as pack_tree
from beamwright.artifact.build import EPOCH
from beamwright.artifact.delta import Delta, delta
from beamwright.artifact.manifest import Manifest, scan
from beamwright.artifact.sidecar import COMPRESSION
from beamwright.fleet import Fleet
from beamwright.rollout.facts import App, HostFacts, parse_facts
from beamwright.rollout.helper import BROKEN_OFF, script
from beamwright.rollout.parcel import Shipment, parcel, release
from beamwright.units import HostFile

OWNER, GROUP = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
ENV, UNIT = "/etc/beamwright/courier/1.env", "/etc/systemd/system/courier@.service"
NODE = "courier@1.service"
TOKEN = "0123456789abcdef"

# Say what they were asked. With a file in the root named `broken`, `restart` fails; with `slow`, it takes a
# second; with `active`, the node is active; with `stale`, systemd has not read the units as they are; with
# `up`, the target is active.
SYSTEMCTL = """#!/bin/sh
wants=@ROOT@/etc/systemd/system/courier.target.wants
case $* in *--value*) ;; *) echo "systemctl $*" >>@ROOT@/calls ;; esac
case $* in
--version) echo 'systemd 252 (252.39-1~deb12u2)' ;;
list-units*) echo 'courier@1.service loaded active running Node 1' ;;
show*ActiveState*--value*courier*) if [ -e @ROOT@/active ]; then echo active; else echo inactive; fi ;;
show*ActiveState*--value*) echo inactive ;;
show*MainPID*--value*) echo 7 ;;
show*NeedDaemonReload*--value*) if [ -e @ROOT@/stale ]; then echo yes; else echo no; fi ;;
enable*) mkdir -p $wants; ln -sfn . $wants/$3 ;;
disable*) rm -f $wants/$3 ;;
# By its name and by a pattern.
show*)
    if [ -e @ROOT@/up ]; then state=active; else state=inactive; fi
    printf 'Id=courier.target\\nActiveState=%s\\nNeedDaemonReload=no\\n\\n' $state
    if [ -e @ROOT@/stale ]; then stale=yes; else stale=no; fi
    one="Id=courier@1.service\\nActiveState=active\\nMainPID=7\\nStatusText=\\nNeedDaemonReload=$stale\\n"
    printf "$one\\n$one"
    ;;
restart*) [ ! -e @ROOT@/slow ] || sleep 1; [ ! -e @ROOT@/broken ] ;;
esac
"""
SYSTEMD_RUN = """#!/bin/sh
[ ! -e @ROOT@/no-systemd ] || exit 1
while [ "${1#-}" != "$1" ]; do shift; done
exec @SHELL@ "$@"
"""
# A busybox that was built to prefer its own programs (Debian's busybox-static) is a shell here, and no more.
_OTHERS_OWN = "".join(
    f'{name}() {{ /usr/bin/env {name} "$@"; }}\n'
    for name in ("tar", "find", "awk", "sha256sum", "sync", "stat", "cp", "chmod", "id", "sort")
)
OTHERS = """#!/bin/sh
echo "${0##*/} $*" >>@ROOT@/calls
"""


class FolderHost:
    """The helper with its two constants, root folder and search path, pointed at a folder."""

    def __init__(self, folder: Path, fleet: Fleet, shell: list[str]) -> None:
        self.root, self._shell, self.fence = folder, shell, 0
        self.base = folder / "opt/beamwright/courier"
        text = script(fleet.folder).decode()
        own = _OTHERS_OWN if shell[0] == "busybox" else ""
        for old, new in (("\nROOT=\n", f"\nROOT={folder}\n{own}"), ("\nPATH=/", f"\nPATH={folder}/bin:/")):
            assert text.count(old) == 1
            text = text.replace(old, new)
        self.write("opt/beamwright/host", text)
        self.write("bin/systemctl", SYSTEMCTL)
        self.write("bin/systemd-run", SYSTEMD_RUN)
        # No test here looks at what a power cut leaves; waiting for the disk would be most of their time.
        self.write("bin/sync", "#!/bin/sh\n")
        for name in ("systemd-sysusers", "systemd-tmpfiles", "journalctl"):
            self.write(f"bin/{name}", OTHERS)
        if shell[0] == "busybox":
            # Hosts with openssl verify by it, others by sha256sum: one that fails is as good as none.
            self.write("bin/openssl", "#!/bin/sh\nexit 1\n")
        self.clock(1000)
        self.running("0.1.0-a")

    def write(self, path: str, text: str) -> Path:
        """A program or file of this host."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text.replace("@ROOT@", str(self.root)).replace("@SHELL@", " ".join(self._shell)))
        place.chmod(0o755)
        return place

    def clock(self, seconds: int) -> None:
        """It is so many seconds since boot."""
        self.write("proc/uptime", f"{seconds}.50 2000.00\n")

    def running(self, release: str) -> None:
        """The release that the node's process was started from."""
        line = "36 35 98:0 {} {} rw - ext4 /dev/sda rw\n"
        mounts = [("/opt/beamwright/courier/root", "/"), (f"/opt/x/releases/{release}", "/")]
        mounts.append(("/etc/hosts", "/etc/hosts"))
        self.write("proc/7/mountinfo", "".join(line.format(*mount) for mount in mounts))

    def power_cut(self) -> None:
        """What is in memory is gone, and the seconds begin anew."""
        subprocess.run(["rm", "-rf", str(self.root / "run")], check=True)
        self.clock(5)

    def command(self, *verb: str) -> list[str]:
        return [*self._shell, str(self.root / "opt/beamwright/host"), *verb]

    def __call__(self, *verb: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(self.command(*verb), input=stdin, capture_output=True, timeout=60, check=False)

    def say(self, *verb: str, stdin: bytes = b"") -> str:
        """What a verb prints that has to succeed."""
        result = self(*verb, stdin=stdin)
        assert (result.returncode, result.stderr) == (0, b""), (verb, result)
        return result.stdout.decode()

    def lock(self, token: str = TOKEN, seconds: int = 60, who: str = "ann@laptop") -> None:
        self.fence = int(self.say("lock", "courier", token, str(seconds), who, "rolling 0.2.0"))

    def attempt(self, *verb: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """A change, under the lease."""
        if not self.fence:
            self.lock()
        return self("do", secrets.token_hex(8), str(self.fence), *verb, stdin=stdin)

    def do(self, *verb: str, stdin: bytes = b"") -> str:
        """What a change prints that has to succeed."""
        result = self.attempt(*verb, stdin=stdin)
        assert (result.returncode, result.stderr) == (0, b""), (verb, result)
        return result.stdout.decode()

    def kill_at(self, program: str, word: str) -> None:
        """From now on the program, asked for that word, kills who asked and all that was started with it."""
        self.write(f"bin/{program}", f"#!/bin/sh\n[ $1 != {word} ] || kill -9 0\n")

    def killed(self, *verb: str, stdin: bytes = b"") -> bool:
        """Whether a change was killed on the way, and the host says so; then it works again."""
        operation = secrets.token_hex(8)
        command = self.command("do", operation, str(self.fence), *verb)
        subprocess.run(command, input=stdin, start_new_session=True, timeout=60, check=False)
        self.write("bin/systemctl", SYSTEMCTL)
        return self("result", operation).returncode == BROKEN_OFF

    def calls(self) -> list[str]:
        """What systemd's programs were asked since the last look."""
        path = self.root / "calls"
        calls = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return calls

    def facts(self) -> HostFacts:
        return parse_facts(self.say("facts", "courier"))

    @property
    def app(self) -> App:
        return self.facts().apps["courier"]

    def artifact(
        self, version: str, files: Mapping[str, str] | None = None, counter: int = 0, environment: str = ""
    ) -> Artifact:
        """A release of a few files, as `build` makes it."""
        folder = self.root / "dist" / version
        tree = folder / "tree"
        for name, content in {"app/bin/erlexec": "#!", "app/version": version, **(files or {})}.items():
            path = tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
            path.chmod(0o755)
        entries = scan(tree)
        manifest = Manifest("courier", version, "amd64", "15", "27", "", entries, environment, counter)
        tarball = folder / "tree.tar.gz"
        tarball.unlink(missing_ok=True)
        pack_tree(tarball, tree, entries, EPOCH, COMPRESSION)
        (folder / "manifest.json").write_text(manifest.to_json())
        signature = folder / "manifest.json.sig"
        return Artifact("courier", version, manifest.digest, "amd64", folder, tarball, None, signature)

    def send(
        self, made: Artifact, base: Artifact | None = None, counter: str = "newer"
    ) -> subprocess.CompletedProcess[bytes]:
        """Stages the artifact, by way of a release that is there."""
        entries = made.manifest().entries
        way = delta(entries, {base.release_id: base.manifest().entries}) if base else Delta(None, entries)
        # A whole tarball goes as it is, hostile or not: here it is the host that has to find out.
        as_it_is = base is None and made.archive == made.tarball
        packed = release(made, made.tarball) if as_it_is else parcel(Shipment(made, way))
        verb = ("stage", "courier", made.release_id, way.base or "-", counter, packed.sha256)
        return self.attempt(*verb, stdin=packed.open().read())

    def stage(self, version: str, files: Mapping[str, str] | None = None) -> str:
        """A new release on the host; its id."""
        made = self.artifact(version, files)
        result = self.send(made)
        assert (result.returncode, result.stderr) == (0, b""), result
        return made.release_id

    def switch(self, release: str, confirm: bool = True) -> None:
        self.do("switch", "courier", release)
        if confirm:
            self.confirm()

    def confirm(self) -> str:
        """What is there is what to come back to."""
        return self.do("confirm", "courier", self.app.current or "-")

    def install(self, **contents: str) -> str:
        """Files of the app: env, unit."""
        paths = {"env": ENV, "unit": UNIT}
        packed = parcel(tuple(HostFile(paths[k], text, 0o640, OWNER, GROUP) for k, text in contents.items()))
        return self.do("install", "courier", packed.sha256, stdin=packed.open().read())

    def journal(self) -> list[str]:
        """What the journal says, without when."""
        return [line.split(" ", 1)[1] for line in self.say("history", "courier").splitlines()]


def tree(host: FolderHost, release: str) -> Path:
    """Where that release is."""
    return host.base / "releases" / release


def leftovers(host: FolderHost) -> list[str]:
    """What staging left that is no release."""
    hidden = [path.name for path in host.base.glob(".*") if path.name != ".undo"]
    return hidden + [path.name for path in (host.base / "releases").glob(".*")]
