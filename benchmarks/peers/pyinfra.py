"""pyinfra, with its own way of going through many hosts at once."""

from __future__ import annotations

from benchmarks.peers.site import Release, Site, call

DEPLOY = """\
from pyinfra.operations import files, server, systemd

files.put(src={tarball!r}, dest="/tmp/{id}.tar.gz")
server.shell(commands=[
    "mkdir -p /opt/{name}/releases/{id} && tar -xzpf /tmp/{id}.tar.gz -C /opt/{name}/releases/{id} "
    "&& rm /tmp/{id}.tar.gz"
])
files.link(path="/opt/{name}/current", target="releases/{id}", force=True, force_backup=False)
systemd.service(service="{name}@{number}.service", running=True, restarted=True)
"""


class Pyinfra:
    """put, a shell command, a link, a service."""

    name, title, number = "pyinfra", "pyinfra", 3

    def deploy(self, site: Site, release: Release) -> None:
        """Runs the four operations."""
        _inventory(site)
        text = DEPLOY.format(name=self.name, number=self.number, id=release.id, tarball=str(release.tarball))
        (site.folder / "deploy.py").write_text(text, "utf-8")
        call(site, ("pyinfra", "-y", "inventory.py", "deploy.py"))

    def facts(self, site: Site) -> None:
        """Two facts: the architecture, and the state of every unit."""
        _inventory(site)
        call(site, ("pyinfra", "-y", "inventory.py", "fact", "server.Arch", "systemd.SystemdStatus"))


def _inventory(site: Site) -> None:
    data = {
        "ssh_user": "root",
        "ssh_key": str(site.key),
        "ssh_known_hosts_file": str(site.known_hosts),
        "ssh_strict_host_key_checking": "yes",
        "ssh_look_for_keys": False,
        "ssh_allow_agent": False,
    }
    hosts = [(p.name, {**data, "ssh_hostname": p.address, "ssh_port": p.port}) for p in site.places]
    # Hosts that share two cores with it may take longer to answer than its 10 s.
    (site.folder / "config.py").write_text("CONNECT_TIMEOUT = 60\n", "utf-8")
    (site.folder / "inventory.py").write_text(f"hosts = {hosts!r}\n", "utf-8")
