"""Faults that strike at a step while a deploy goes on."""

from __future__ import annotations

import random
import time
from contextlib import nullcontext

from beamwright.rollout.lock import holder
from tests.e2e.faults import promise
from tests.e2e.faults.deployment import Deployment, Told
from tests.e2e.faults.fault import Blow, Fault
from tests.e2e.faults.fleet_file import LEASE_SECONDS
from tests.e2e.faults.steps import Step
from tests.e2e.faults.yard import HELPER, PATIENCE, Yard

_SSH = ("INPUT -p tcp --dport 22", "OUTPUT -p tcp --sport 22")
_KEY = "/etc/ssh/ssh_host_ed25519_key"
_RELOAD = "systemctl reload ssh"
_DATE = "/usr/sbin/date"
"""Before /usr/bin in the PATH of the helper."""


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


def _interrupt(yard: Yard, blow: Blow, deployment: Deployment) -> None:
    deployment.interrupt()


def _cut_link(yard: Yard, blow: Blow, deployment: Deployment) -> None:
    yard.links[blow.host].cut(_bytes(blow))


def _half_close_link(yard: Yard, blow: Blow, deployment: Deployment) -> None:
    yard.links[blow.host].cut(_bytes(blow), half=True)


def _bytes(blow: Blow) -> int:
    """Somewhere in the release where that is sent, else somewhere in what is sent next."""
    return random.Random(str(blow)).randrange(64, 1 << 20 if blow.step.word == "stage" else 1 << 9)


def _change_key(yard: Yard, blow: Blow, deployment: Deployment) -> None:
    """Another machine seems to answer from now on; what was connected is so no longer."""
    yard.on(blow.host, f"mv {_KEY} {_KEY}.pub /root; ssh-keygen -q -t ed25519 -N '' -f {_KEY}; {_RELOAD}")
    _end_session(yard, blow, deployment)


def _put_key_back(yard: Yard, blow: Blow) -> None:
    yard.on(blow.host, f"mv /root/ssh_host_ed25519_key* /etc/ssh; {_RELOAD}")


def _put_clock_off(yard: Yard, blow: Blow, deployment: Deployment) -> None:
    """What the helper is told, that is: the kernel's clock is that of the machine which runs the tests."""
    yard.on(
        blow.host,
        f"printf '%s\\n' '#!/bin/sh' 'exec /bin/date --date=\"1 year\" \"$@\"' >{_DATE}; chmod +x {_DATE}",
    )


def _put_clock_right(yard: Yard, blow: Blow) -> None:
    yard.on(blow.host, f"rm {_DATE}")


def _locked_out(yard: Yard, told: Told) -> None:
    """As long as the lease of the dead lasts, others are told whose it is; that it ends is in the journal."""
    leases = {name: facts.lease for name, facts in yard.facts().items() if facts.lease}
    if not leases:
        return
    ends_at = time.monotonic() + min(lease.seconds for lease in leases.values())
    told = yard.deploy()
    assert told.code == 5 or time.monotonic() > ends_at, told
    if told.code == 5:
        assert f"is locked by {holder()} since " in told.error, told
        assert f": rolling {yard.goal.version};" in told.error, told
        told = yard.deploy(wait=PATIENCE)
    assert told.code == 0, told
    # Where all had been done, nobody takes it over.
    for name in leases if any(event["kind"] == "start" for event in told.events) else ():
        ends = (f"took over from {holder()}", f"the lease of {holder()}")
        assert any(line.startswith(ends) for line in yard.journal(name)[-16:]), yard.journal(name)[-16:]


KINDS = (
    (Fault("deployer killed", _kill_deployer, look=_locked_out),),
    (Fault("Ctrl-C", _interrupt),),
    (Fault("power cut", _cut_power),),
    (
        Fault("partition", _part, _join, lasts=3.0),
        # Short enough that TCP's next try (tcp(7): 0.2 s, then twice as long each time) soon follows.
        Fault("partition beyond the lease", _part, _join, lasts=LEASE_SECONDS + 2.0),
    ),
    (
        Fault("link cut", _cut_link, linked=True),
        Fault("link half closed", _half_close_link, linked=True),
    ),
    (Fault("session ended", _end_session),),
    (Fault("sudo revoked", _revoke_sudo, _grant_sudo),),
    (Fault("host key changed", _change_key, _put_key_back),),
    (Fault("clock off by a year", _put_clock_off, _put_clock_right),),
)
"""The kinds of fault, and how each of them may come."""


def survive(yard: Yard, fault: Fault, blow: Blow) -> None:
    """The test of a blow: everything is to be done, the fault strikes, and the promise is kept."""
    before = yard.goal.release_id
    yard.next_round()
    if blow.step == Step("host helper"):
        yard.on(blow.host, f"echo '#' >>{HELPER}")
    with yard.linked() if fault.linked else nullcontext(), yard.deploying(at=blow.step) as deployment:
        assert deployment.meet(), deployment.end()
        if blow.seconds:
            deployment.go()
            time.sleep(blow.seconds)
        fault.strike(yard, blow, deployment)
        if not blow.seconds and deployment.process.is_alive():
            deployment.go()
        if fault.lasts is not None:
            time.sleep(fault.lasts)
            fault.mend(yard, blow)
        told = deployment.end()
    if fault.lasts is None:
        fault.mend(yard, blow)
    yard.boot()
    fault.look(yard, told)
    promise.keep(yard, told, before)
