"""What every peer needs to know: the hosts, how to reach them, and what it is to deploy."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from beamwright.errors import UnreachableError


@dataclass(frozen=True)
class Place:
    """An sshd: the name that it goes by, its address and port."""

    name: str
    address: str
    port: int = 22


@dataclass(frozen=True)
class Site:
    """The sshds, and the files to reach them with: a private key, and the keys of the hosts.

    `folder` is for the peer's own files, `bin` has its programs.
    """

    folder: Path
    places: tuple[Place, ...]
    key: Path
    known_hosts: Path
    bin: Path

    def ssh_options(self) -> tuple[str, ...]:
        """Words for OpenSSH: this key alone, these host keys alone, nothing of the user's own files."""
        return (
            *("-F", "none", "-i", str(self.key), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"),
            *("-o", f"UserKnownHostsFile={self.known_hosts}", "-o", "GlobalKnownHostsFile=none"),
        )


@dataclass(frozen=True)
class Release:
    """What is to be deployed: a name for its folder, the tarball, and the same unpacked."""

    id: str
    tarball: Path
    tree: Path


class Peer(Protocol):
    """Brings a release to every host, makes it `current` and restarts the node, all hosts at once.

    Its releases lie in /opt/<name>, its node is <name>@<number>.service.
    """

    name: str
    title: str
    number: int

    def deploy(self, site: Site, release: Release) -> None:
        """UnreachableError with what was printed, when it fails."""

    def facts(self, site: Site) -> None:
        """Asks every host for a few facts; UnreachableError when it fails."""


def call(site: Site, argv: Sequence[str], **env: str) -> None:
    """Runs a peer's program in its folder, with nothing but these variables and a PATH."""
    path = f"{site.bin}:/usr/local/bin:/usr/bin:/bin"
    done = subprocess.run(
        argv,
        cwd=site.folder,
        env={"PATH": path, "HOME": str(site.folder), "LC_ALL": "C.UTF-8", **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        text=True,
    )
    if done.returncode != 0:
        # Of Ansible's hundred answers in a line each, those that say why it failed.
        told = "\n".join(line for line in done.stdout.splitlines() if " | SUCCESS " not in line)
        raise UnreachableError(f"{argv[0]} failed: exit code {done.returncode}", detail=told[-4000:])
