"""rsync and ssh in a shell loop: what a short script does, for all hosts at once."""

from __future__ import annotations

from benchmarks.peers.site import Release, Site, call

DEPLOY = """\
set -eu
tree=$1 release=$2 options=$3
shift 3
pids=
for host; do
    (
        # By content: the files of all releases have one date, and may have one size.
        rsync --archive --checksum --compress --rsh="ssh $options" --link-dest=/opt/{name}/current/ \\
            "$tree/" "root@$host:/opt/{name}/releases/$release/"
        # shellcheck disable=SC2086,SC2029 # options are words, the release is known here
        ssh $options "root@$host" "ln -sfn releases/$release /opt/{name}/.new &&
            mv -fT /opt/{name}/.new /opt/{name}/current && systemctl restart {name}@{number}"
    ) &
    pids="$pids $!"
done
for pid in $pids; do wait "$pid"; done
"""


class Loop:
    """rsync with hard links to the release before, then ssh: a link, a service."""

    name, title, number = "loop", "rsync + ssh", 4

    def deploy(self, site: Site, release: Release) -> None:
        """Runs the loop."""
        script = site.folder / "deploy.sh"
        script.write_text(DEPLOY.format(name=self.name, number=self.number), "utf-8")
        options = " ".join(site.ssh_options())
        addresses = (place.address for place in site.places)
        call(site, ("sh", str(script), str(release.tree), release.id, options, *addresses))

    def facts(self, site: Site) -> None:
        """One round trip, of all at once, that asks nothing."""
        round_trip(site)


def round_trip(site: Site) -> None:
    """`ssh HOST true` to every host at once: the least that anybody who uses OpenSSH waits for."""
    ssh = " ".join(("ssh", *site.ssh_options()))
    lines = "".join(f"{ssh} -p {place.port} root@{place.address} true & " for place in site.places)
    waits = "set -- $(jobs -p); for pid; do wait $pid || exit 1; done"
    call(site, ("bash", "-c", lines + waits))
