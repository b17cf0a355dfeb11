"""What several tasks do with hosts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from beamwright import rollout, verify
from beamwright.cli.given import number
from beamwright.console import Screen
from beamwright.console.flags import Change, Pace, Way
from beamwright.console.progress import Progress
from beamwright.fleet import Fleet, Host

RollOut = Callable[..., rollout.Outcome]


def options(pace: Pace, way: Way, change: Change) -> rollout.Options:
    """What the flags ask of one roll-out."""
    return rollout.Options(
        skip_down=pace.skip_down,
        playbook=way.playbook,
        again=way.again,
        older=way.older,
        wait=number("--wait", change.wait),
    )


def roll(
    screen: Screen, declared: Fleet, go: RollOut, pace: Pace, change: Change, asked_for: rollout.Options
) -> None:
    """A roll-out with its progress, its outcome and, when something was done, the proof."""
    progress = Progress(screen)

    def proof(hosts: tuple[Host, ...]) -> None:
        screen.heading("verify")
        prove_hosts(screen, declared, hosts)

    try:
        with progress:
            asked_for = replace(asked_for, proof=proof)
            outcome = go(on_event=progress, dry_run=change.dry_run, options=asked_for)
    finally:
        progress.tell(pace.json)
    if outcome.outcome == "unchanged" and not change.dry_run:
        screen.note("Nothing to do: nothing was locked, and verify was not run.")


def prove_hosts(screen: Screen, declared: Fleet, hosts: tuple[Host, ...], json: bool = False) -> None:
    """Has testinfra look at the hosts; says what only root could have seen, where the user may not."""
    closed = frozenset(host.name for host in hosts) - rollout.open_to_root(declared, hosts)
    verdict = verify.run(declared, hosts, screen.note, closed)
    if json:
        screen.json(verdict.as_json())
    if verdict.unseen:
        checks = ", ".join(dict.fromkeys(name.partition("[")[0] for name in verdict.unseen))
        screen.warn(
            f"not looked at on {', '.join(sorted(closed))}, where sudo allows the helper alone: {checks}"
        )
    verdict.demand()
    screen.line(True, f"{verdict.passed} checks passed, {verdict.skipped} skipped")
