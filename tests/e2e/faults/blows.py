"""Faults that strike at a step while a deploy goes on."""

from __future__ import annotations

from tests.e2e.faults.deployment import Deployment
from tests.e2e.faults.fault import Blow, Fault
from tests.e2e.faults.fleet_file import LEASE_SECONDS
from tests.e2e.faults.yard import Yard

_SSH = ("INPUT -p tcp --dport 22", "OUTPUT -p tcp --sport 22")


def _kill_deployer(yard: Yard, blow: Blow, deployment: Deployment) -> None:
    deployment.kill()


def _cut_power(yard: Yard, blow: Blow, deployment: Deployment) -> None:
    yard.cut_power(blow.host)


def _part(yard: Yard, blow: Blow, deployment: Deployment) -> None:
    """Packets are lost both ways, and nobody says so."""
    yard.on(blow.host, "\n".join(f"iptables -I {rule} -j DROP" for rule in _SSH))


def _join(yard: Yard, blow: Blow) -> None:
    yard.on(blow.host, "\n".join(f"iptables -D {rule} -j DROP" for rule in _SSH))


def _end_session(yard: Yard, blow: Blow, deployment: Deployment) -> None:
    """What logind does when somebody is logged out: the connection's processes end, and what they run."""
    yard.on(blow.host, "pkill -KILL -u deploy || :; pkill -KILL -f '^sshd: deploy' || :")


def _revoke_sudo(yard: Yard, blow: Blow, deployment: Deployment) -> None:
    yard.on(blow.host, "mv /etc/sudoers.d/deploy /root/deploy")


def _grant_sudo(yard: Yard, blow: Blow) -> None:
    yard.on(blow.host, "mv /root/deploy /etc/sudoers.d/deploy")


BLOWS = (
    Fault("deployer killed", _kill_deployer),
    Fault("power cut", _cut_power),
    Fault("partition", _part, _join, lasts=3.0),
    Fault("partition beyond the lease", _part, _join, lasts=LEASE_SECONDS + 6.0),
    Fault("session ended", _end_session),
    Fault("sudo revoked", _revoke_sudo, _grant_sudo),
)
