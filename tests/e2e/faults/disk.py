"""A host's /opt/beamwright on a small disk of its own: in memory, and as full as a test wants it."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.faults.yard import UNIT, Yard

OPT = "/opt/beamwright"
PLENTY = "size=200m,nr_inodes=50000"

_MOVE = f"""
systemctl stop bolt.target
cp -a {OPT}/. /tmp/opt
{{change}}
cp -a /tmp/opt/. {OPT}
rm -rf /tmp/opt
systemctl start bolt.target {UNIT}
"""


def move(yard: Yard, host: str) -> None:
    """Onto such a disk."""
    yard.on(host, _MOVE.format(change=f"mount -t tmpfs -o mode=755,{PLENTY} tmpfs {OPT}"))


def move_back(yard: Yard, host: str) -> None:
    """Onto the host's own."""
    yard.on(host, _MOVE.format(change=f"umount {OPT}; find {OPT} -mindepth 1 -delete"))


def remount(options: str) -> Callable[[Yard, str], None]:
    """Changes the disk; one that is being written to, in a moment."""
    script = f"for _ in $(seq 50); do ! mount -o remount,{options} {OPT} || exit 0; sleep 0.1; done; exit 1"
    return lambda yard, host: _do(yard, host, script)


def fill(yard: Yard, host: str) -> None:
    """Not a page is free."""
    _do(yard, host, f"mount -o remount,size=$(df -k --output=used {OPT} | tail -n 1 | tr -d ' ')k {OPT}")


def use_up(yard: Yard, host: str) -> None:
    """Not an inode is free."""
    _do(yard, host, f"mount -o remount,nr_inodes=$(df --output=iused {OPT} | tail -n 1 | tr -d ' ') {OPT}")


def demand_no_room(yard: Yard, host: str, folder: str) -> None:
    """Nothing can be written into the folder."""
    probe = f"{folder}/.probe"
    _do(yard, host, f"! (echo >{probe}) 2>/dev/null || {{ rm {probe}; exit 1; }}; rm -f {probe}")


def freeze_etc(yard: Yard, host: str) -> None:
    """/etc can be read only."""
    _do(yard, host, "mount --rbind /etc /etc && mount -o remount,ro,bind /etc")


def thaw_etc(yard: Yard, host: str) -> None:
    """As it was."""
    _do(yard, host, "umount -l /etc")


mend: Callable[[Yard, str], None] = remount(f"rw,{PLENTY}")
freeze: Callable[[Yard, str], None] = remount("ro")


def _do(yard: Yard, host: str, script: str) -> None:
    yard.on(host, script)
