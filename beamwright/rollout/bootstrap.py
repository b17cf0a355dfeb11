"""What root has to put on a host once: the helper, whom the host trusts, and who may call the helper."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import replace

from beamwright.command import Command
from beamwright.errors import ConfigError
from beamwright.fleet import Fleet, Host
from beamwright.rollout import podman
from beamwright.rollout.crew import Connect, Crew, all_of
from beamwright.rollout.events import Event, Watcher, ignore, one_at_a_time
from beamwright.rollout.helper import PATH, Helper

# Each file comes to its place whole; a sudoers file that sudo can't read would lock everybody out.
_SCRIPT = f"""\
set -eu
umask 022
mkdir -p {PATH.rpartition("/")[0]} /etc/beamwright
new=$(mktemp -d {PATH.rpartition("/")[0]}/.bootstrap-XXXXXX)
trap 'rm -rf "$new"' EXIT
tar -xf - -C "$new" -o
cd "$new"
[ "$(sha256sum <host | cut -c1-64)" = "$1" ]
place() {{
    [ -f "$1" ] || return 0
    cp "$1" "$3.new"
    chmod "$2" "$3.new"
    sync "$3.new"
    mv -f "$3.new" "$3"
    sync "${{3%/*}}"
}}
[ ! -f sudoers ] || visudo -cqf sudoers
place allowed_signers 644 /etc/beamwright/allowed_signers
place environment 644 /etc/beamwright/environment
place host 755 {PATH}
place sudoers 440 /etc/sudoers.d/beamwright"""


def bootstrap(
    fleet: Fleet,
    hosts: Sequence[Host],
    login: str = "",
    on_event: Watcher = ignore,
    connect: Connect | None = None,
) -> None:
    """Puts on the hosts what root has to; from then on the fleet's user may call the helper as root.

    `login` is who does it: root, or a user that may sudo everything; without it the fleet's own user.
    UnreachableError names the hosts where that failed, ConfigError those that lack podman for images.
    """
    as_root = replace(fleet, ssh=replace(fleet.ssh, user=login or fleet.ssh.user))
    watch, files = one_at_a_time(on_event), trust(fleet)
    if fleet.ssh.user and fleet.ssh.user != "root":
        files["sudoers"] = f"{fleet.ssh.user} ALL=(root) NOPASSWD: {PATH}\n".encode()
    with Crew(as_root, hosts, connect) as crew:
        watch(Event("phase", "bootstrap"))
        podman.demand(crew, hosts)

        def put(host: Host) -> None:
            crew.run(host, install(crew.helper, files))
            watch(Event("done", f"helper, {', '.join(files)}", host.name))

        all_of(crew.each(put))


def install(helper: Helper, beside: Mapping[str, bytes]) -> Command:
    """Installs the helper and the files beside it, which are named as in `trust`."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, content in {"host": helper.script, **beside}.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return helper.as_root("sh", "-c", _SCRIPT, "sh", helper.digest, stdin=out.getvalue())


def trust(fleet: Fleet) -> dict[str, bytes]:
    """What a host goes by when it takes a release in: for what it was built, and whose signatures count.

    A fleet that may be unsigned puts no allowed signers on its hosts.
    """
    files = {"environment": f"{fleet.environment}\n".encode()}
    if not fleet.signing.unsigned:
        try:
            files["allowed_signers"] = fleet.signing.allowed_signers.read_bytes()
        except OSError as exc:
            raise ConfigError(
                f"{fleet.signing.allowed_signers}: {exc.strerror}",
                hint="`beamwright init` makes a key that signs, and this file",
            ) from exc
    return files
