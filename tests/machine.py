"""A real machine for what containers can't show: Debian with a kernel of its own, under qemu.

Its disk is an ext4 image made of images/machine; killing qemu is the power cut, which loses what the guest
has not synced. Hardware virtualisation is not asked for: software emulation boots it in some 15 seconds.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from beamwright.local.key import ensure_key
from beamwright.toolchain import Engine
from beamwright.toolchain.bootstrap import Recipe, bootstrap

ROOT = Path(__file__).resolve().parents[1]
BOOT_SECONDS = 180
PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"
_HOST_KEY = re.compile(r"host key: (\S+ \S+)")


def absent() -> str:
    """What this machine lacks to run another one: programs, or root, who alone unpacks owners."""
    programs = [name for name in ("qemu-system-x86_64", "mkfs.ext4") if not shutil.which(name, path=PATH)]
    return ", ".join(programs + ([] if os.getuid() == 0 else ["root"]))


def make(engine: Engine, folder: Path) -> None:
    """Fills the empty folder with `disk`, `vmlinuz` and `initrd`; the image is bootstrapped once."""
    tag = bootstrap(engine.client, Recipe("beamwright-machine", "bookworm", ROOT / "images/machine"), print)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        root = Path(name)
        _export(engine, tag, root)
        for file in ("vmlinuz", "initrd"):
            (found,) = (root / "boot").glob(f"{file}*")
            shutil.copy(found, folder / file)
        mkfs = shutil.which("mkfs.ext4", path=PATH)
        assert mkfs
        subprocess.run([mkfs, "-q", "-F", "-d", root, folder / "disk", "3G"], check=True)


def _export(engine: Engine, tag: str, root: Path) -> None:
    """Unpacks the image, with its owners: only root can."""
    container = engine.client.containers.create(tag, ["true"])
    try:
        with subprocess.Popen(["tar", "-x", "-C", root], stdin=subprocess.PIPE) as tar:
            assert tar.stdin is not None
            for chunk in container.export():
                tar.stdin.write(chunk)  # type: ignore[call-overload]  # bytes, untyped in the SDK
        assert tar.returncode == 0
        # The Engine's mark: systemd would take the machine for a container, and leave / a private mount.
        (root / ".dockerenv").unlink()
    finally:
        container.remove()


@dataclass
class Machine:
    """The machine whose disk is in the folder; `port` is where its sshd answers on 127.0.0.1."""

    folder: Path
    port: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def key(self) -> Path:
        """The private key file that lets root in."""
        return self.folder / "id_ed25519"

    def boot(self) -> str:
        """Starts it, with the disk as it was left; its host key once sshd answers."""
        login = base64.b64encode(ensure_key(self.key).encode()).decode()
        self.port = self.port or _free_port()
        console = (self.folder / "console").open("wb")
        with console:
            self._process = subprocess.Popen(
                (
                    *("qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max"),
                    *("-smp", "2", "-m", "1536", "-nographic", "-no-reboot"),
                    *("-kernel", str(self.folder / "vmlinuz"), "-initrd", str(self.folder / "initrd")),
                    *("-append", f"root=/dev/vda rw console=ttyS0 quiet beamwright.key={login}"),
                    *("-drive", f"file={self.folder}/disk,if=virtio,format=raw,cache=writeback"),
                    *("-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{self.port}-:22"),
                    *("-device", "virtio-net-pci,netdev=net"),
                ),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
            )
        return self._wait()

    @property
    def on(self) -> bool:
        """Whether it has power."""
        return self._process is not None

    def cut(self) -> None:
        """The power goes: nothing is synced, nothing is told."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _wait(self) -> str:
        """The host key that it printed, once an SSH server greets."""
        deadline = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < deadline:
            text = (self.folder / "console").read_text("utf-8", "replace")
            if (found := _HOST_KEY.search(text)) and self._greets():
                return found.group(1)
            assert self._process and self._process.poll() is None, text[-2000:]
            time.sleep(0.3)
        raise AssertionError(f"no sshd after {BOOT_SECONDS} s:\n{text[-2000:]}")

    def _greets(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 3) as sock:
            sock.settimeout(3)
            return sock.recv(4) == b"SSH-"
        return False


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
