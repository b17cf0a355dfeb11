"""Ansible: pipelining, 25 forks, no facts unasked, hosts do not wait for each other."""

from __future__ import annotations

import subprocess
from pathlib import Path

from benchmarks.peers.site import Release, Site, call

FORKS = 25
"""Five are its default. On two cores a fork for each of a hundred hosts takes twice the processor's time."""

CONFIG = """\
[defaults]
inventory = hosts
forks = {forks}
timeout = 60
gathering = explicit
strategy = free
internal_poll_interval = 0.001
interpreter_python = /usr/bin/python3
remote_user = root
retry_files_enabled = false
display_skipped_hosts = false

[ssh_connection]
pipelining = true
retries = 3
ssh_args = {options} -o ControlMaster=auto -o ControlPersist=60s
control_path_dir = {sockets}
"""
PLAYBOOK = """\
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.file: {{ state: directory, path: "/opt/{name}/releases/{id}" }}
    - ansible.builtin.unarchive: {{ src: "{tarball}", dest: "/opt/{name}/releases/{id}" }}
    - ansible.builtin.file: {{ state: link, src: "releases/{id}", dest: "/opt/{name}/current" }}
    - ansible.builtin.systemd_service: {{ name: "{name}@{number}", state: restarted }}
"""


class Ansible:
    """unarchive, a link, a service."""

    name, title, number = "ansible", "Ansible", 2

    def deploy(self, site: Site, release: Release) -> None:
        """Plays the four tasks."""
        _configure(site)
        text = PLAYBOOK.format(name=self.name, number=self.number, id=release.id, tarball=release.tarball)
        (site.folder / "deploy.yml").write_text(text, "utf-8")
        _call(site, "ansible-playbook", "deploy.yml")

    def facts(self, site: Site) -> None:
        """The smallest set of facts that `setup` has: architecture, distribution and such."""
        _configure(site)
        _call(site, "ansible", "all", "--one-line", "-m", "setup", "-a", "gather_subset=!all,min")


def _configure(site: Site) -> None:
    hosts = "".join(f"{p.name} ansible_host={p.address} ansible_port={p.port}\n" for p in site.places)
    (site.folder / "hosts").write_text(hosts, "utf-8")
    options = " ".join(site.ssh_options())
    config = CONFIG.format(forks=FORKS, options=options, sockets=_sockets(site))
    (site.folder / "ansible.cfg").write_text(config, "utf-8")


def _call(site: Site, *argv: str) -> None:
    """Runs one of its programs. The connections that it keeps for a next one end: each is measured alone."""
    try:
        call(site, argv, ANSIBLE_LOCAL_TEMP=str(site.folder / "tmp"))
    finally:
        for socket in _sockets(site).glob("*"):
            subprocess.run(
                ("ssh", "-o", f"ControlPath={socket}", "-O", "exit", "x"), capture_output=True, check=False
            )


def _sockets(site: Site) -> Path:
    # A socket's path has room for 108 bytes (unix(7)).
    return site.folder / "cp"
