"""How it ends after a failure: what is true of the hosts now, as an error that says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from beamwright.errors import BeamwrightError, RolledBackError, UnconfirmedError, UnreachableError
from beamwright.rollout.failure import Failure


@dataclass(frozen=True)
class Return:
    """How the way back ended: the error that is true now, hosts that went back, hosts that are not well.

    `begun` is false when nothing that runs was touched: then that is known of hosts that do not answer too.
    """

    error: BeamwrightError
    back: frozenset[str] = frozenset()
    bad: frozenset[str] = frozenset()
    begun: bool = True


def not_begun(failure: Failure) -> Return:
    """Nothing that runs was touched."""
    kind = UnreachableError if failure.lost else RolledBackError
    return Return(kind(f"{failure}; nothing was switched, every host runs what it ran"), begun=False)


def left(failure: Failure, why: str) -> Return:
    """Nothing goes back: why, in words."""
    error = UnconfirmedError(f"{failure}; {why}", hint="beamwright status; beamwright logs")
    return Return(error, bad=frozenset({failure.action.host}))


def not_confirmed(failure: Failure, hosts: Iterable[str], back: Iterable[str]) -> Return:
    """All is done, but for the last word: others are not asked for it where it has failed on one.

    `back` are those of the hosts that did not wait for it.
    """
    bad, gone = frozenset(hosts), frozenset(back)
    still = ", ".join(sorted(bad - gone))
    if gone:
        why = f"not confirmed in time, these went back by themselves: {', '.join(sorted(gone))}"
        why += f"; not confirmed: {still}" if still else ""
    elif still:
        why = f"every node runs what it shall, but that is not confirmed on {still}"
    else:
        why = "every node runs what it shall, and that is confirmed"
    error = UnconfirmedError(f"{failure}; {why}", hint="run the same again")
    return Return(error, bad=bad)


def stopped(failure: Failure, hosts: Iterable[str]) -> UnconfirmedError:
    """It was asked to stop there; the hosts are not confirmed."""
    return UnconfirmedError(
        f"{failure}; stopped there, not confirmed: {', '.join(sorted(hosts))}",
        hint="beamwright status; the same command again goes on; beamwright rollback goes back",
    )


def unsettled(failure: Failure, hosts: Iterable[str]) -> UnconfirmedError:
    """The way back failed on those hosts."""
    names = ", ".join(sorted(hosts))
    return UnconfirmedError(
        f"{failure}; it is not known, or known to be bad, how these stand: {names}",
        hint="beamwright status; beamwright logs; the same command again converges",
    )


def rolled_back(failure: Failure, hosts: Iterable[str], first: bool) -> RolledBackError:
    """All that was changed is as it was; `first`: there was no release before."""
    names = ", ".join(sorted(hosts))
    now = "there was no release before: its nodes are stopped" if first else "the release before runs again"
    return RolledBackError(
        f"{failure}; {now} on {names}",
        hint="beamwright logs; what failed is not tried again without --again",
    )
