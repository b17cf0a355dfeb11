"""How a roll-out ended, as a value and in the shape of `deploy --json`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HostOutcome:
    """How one host ended: deployed, restarted, rolled back; unchanged; planned; reverted, unconfirmed.

    `before` and `after` are release ids, None when there was or is no release; `seconds` is the time in which
    something was done on the host.
    """

    name: str
    outcome: str
    before: str | None
    after: str | None
    bytes_sent: int
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """How the whole ended; `version` and `digest` are those that it was about, `error` what went wrong."""

    outcome: str
    version: str
    digest: str
    hosts: tuple[HostOutcome, ...]
    error: str = ""

    def as_json(self) -> dict[str, object]:
        """The shape that `deploy --json` prints."""
        return {
            "outcome": self.outcome,
            "version": self.version,
            "digest": self.digest,
            "error": self.error or None,
            "hosts": [
                {
                    "name": host.name,
                    "outcome": host.outcome,
                    "from": host.before,
                    "to": host.after,
                    "bytes_sent": host.bytes_sent,
                    "seconds": round(host.seconds, 3),
                }
                for host in self.hosts
            ],
        }
