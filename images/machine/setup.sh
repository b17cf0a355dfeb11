#!/bin/sh
# The last step of the machine image, run in it as root.
set -eu

rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub
: >/etc/machine-id
echo machine >/etc/hostname
# The journal is what a test reads after a power cut.
mkdir -p /var/log/journal
systemctl enable systemd-networkd.service beamwright-login.service
systemctl mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
    e2scrub_reap.service fstrim.timer systemd-timesyncd.service
systemctl set-default multi-user.target
