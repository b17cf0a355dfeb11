"""The container hosts of the benchmark of deploys: a local fleet that peers can work on, too."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from beamwright import fleet
from beamwright.local.container import owned
from beamwright.local.identity import HOST_LABEL
from beamwright.toolchain import Engine
from benchmarks.harness import beamwright
from benchmarks.harness.apps import ROOT, App
from benchmarks.harness.figures import Log
from benchmarks.peers.site import Place, Site

CLUSTERS, HOSTS = 5, 10
PORTS = (22, 2201, 2202, 2203)
"""Every host has so many sshds."""

FLEET = """\
inventory = "inventory.toml"

[project]
name = "{name}"
source = "source"
tool = "{tool}"

[ssh]
key = "id_ed25519"
connect_seconds = 60

[sidecar]
enabled = false

# As the peers do it: all hosts at once, but for Beamwright's first batch of one; nobody waits for a soak, or
# removes old releases.
[deploy]
batch = "100%"
min_ready = "0"
soak_seconds = 0
keep = 50
"""
SSHD = """\
[Unit]
Description=Another sshd, at port %i

# /run/sshd is theirs together: without it, one that starts before ssh.service ends at once.
[Service]
Type=notify
ExecStart=/usr/sbin/sshd -D -p %i
RuntimeDirectory=sshd
RuntimeDirectoryPreserve=yes

[Install]
WantedBy=multi-user.target
"""
NEEDED = "\n# Ansible and rsync want them on a host\npython3\nrsync\n"


@dataclass(frozen=True)
class Hosts:
    """A fleet in a folder; `cache` is what its `invoke` keeps between two builds."""

    folder: Path
    cache: Path

    @property
    def declared(self) -> fleet.Fleet:
        """The fleet as it is now."""
        return fleet.load(self.folder / "fleet.toml")

    def site(self, name: str, bin: Path, ports: Sequence[int] = PORTS[:1], most: int = 0) -> Site:
        """The first `most` hosts (0: all) for a peer of that name, with their sshds at those ports."""
        folder, declared = self.folder / f"peer-{name}", self.declared
        folder.mkdir(exist_ok=True)
        places = tuple(
            Place(f"{host.name}-{port}", host.where(), port)
            for port in ports
            for host in declared.hosts[: most or None]
        )
        assert declared.ssh.key
        return Site(folder, places, declared.ssh.key, declared.ssh.known_hosts, bin)

    def crowd(self, ports: Sequence[int]) -> Hosts:
        """A fleet in which every sshd of those ports is a host, in a folder of its own beside this one's."""
        folder = self.folder / f"crowd{len(ports)}"
        folder.mkdir()
        places, declared = self.site("none", self.folder, ports).places, self.declared
        for name in ("secrets", "id_ed25519", "allowed_signers", "source", "dist", "known_hosts"):
            (folder / name).symlink_to(self.folder / name)
        text = FLEET.format(name=declared.project.name, tool=declared.project.tool)
        for place in places:
            text += f'[clusters.bench.hosts.{place.name}]\naddress = "{place.address}"\nport = {place.port}\n'
        (folder / "fleet.toml").write_text(text.replace('inventory = "inventory.toml"\n', ""), "utf-8")
        return Hosts(folder, self.cache)


@contextmanager
def running(app: App, folder: Path, log: Log) -> Iterator[Hosts]:
    """The hosts, which run the application's first build; they are taken away at the end."""
    hosts = declare(app, folder)
    try:
        log(f"booting {CLUSTERS * HOSTS} hosts")
        beamwright.invoke(hosts.folder, hosts.cache, "local.up")
        _know_all_ports(hosts)
        beamwright.build(hosts.folder, hosts.cache, "--kind", "tarball")
        log("the first deploy to all of them")
        beamwright.deploy(hosts.folder, hosts.cache, "*")
        yield hosts
    finally:
        beamwright.invoke(hosts.folder, hosts.cache, "local.down")


@contextmanager
def alone(hosts: Hosts, most: int) -> Iterator[None]:
    """Only the first `most` hosts run in the block: what the others do would slow whoever is measured."""
    first = {host.name for host in hosts.declared.hosts[:most]}
    containers = owned(Engine.connect().client, hosts.declared)
    others = [each for each in containers if each.labels[HOST_LABEL] not in first]
    for container in others:
        container.pause()
    try:
        yield
    finally:
        for container in others:
            container.unpause()


def declare(app: App, folder: Path) -> Hosts:
    """Writes the fleet into the folder, with an image of its hosts; makes its secrets."""
    hosts = Hosts(folder, folder / "cache")
    app.copy(folder)
    names = [f"{cluster}{number}" for cluster in "abcde"[:CLUSTERS] for number in range(1, HOSTS + 1)]
    text = FLEET.format(name=app.name, tool=app.tool)
    text += "".join(f"[clusters.{name[0]}.hosts.{name}]\n" for name in names)
    (folder / "fleet.toml").write_text(text, "utf-8")
    image = folder / "images/host"
    shutil.copytree(ROOT / "images/host", image)
    with (image / "packages.txt").open("a", encoding="utf-8") as packages:
        packages.write(NEEDED)
    unit = image / "files/etc/systemd/system/sshd@.service"
    unit.parent.mkdir(parents=True)
    unit.write_text(SSHD, "utf-8")
    with (image / "setup.sh").open("a", encoding="utf-8") as setup:
        setup.write(f"systemctl enable {' '.join(f'sshd@{port}.service' for port in PORTS[1:])}\n")
    beamwright.init(hosts.folder, hosts.cache)
    return hosts


def _know_all_ports(hosts: Hosts) -> None:
    """Adds the host keys at the other ports to known_hosts: they are the same."""
    path = hosts.declared.ssh.known_hosts
    lines = path.read_text("utf-8").splitlines()
    for line in tuple(lines):
        address, rest = line.split(" ", 1)
        lines += [f"[{address}]:{port} {rest}" for port in PORTS[1:]]
    path.write_text("\n".join(lines) + "\n", "utf-8")
