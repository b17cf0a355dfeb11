#!/bin/sh
# The last step of the host image, run in it as root: nothing that should be each host's own may stay.
set -eu

# Keys in an image are keys that everybody has: the entry point makes each host its own.
rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub
# Empty, not missing: systemd fills it in at the first boot.
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id

chmod 0755 /usr/lib/beamwright/boot

# They want hardware that a container has not, or time at boot; masked, for first boot enables the disabled.
systemctl mask \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
    podman.socket podman.service podman-auto-update.service podman-auto-update.timer podman-restart.service \
    fstrim.timer dev-hugepages.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
    sys-fs-fuse-connections.mount systemd-modules-load.service \
    modprobe@.service getty.target console-getty.service
systemctl set-default multi-user.target
