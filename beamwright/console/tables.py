"""Results as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from beamwright.artifact import Report
from beamwright.artifact.size import text
from beamwright.console.screen import Screen

if TYPE_CHECKING:
    # Only named here: to show what a build made must not load all of SSH.
    from beamwright.artifact.difference import Difference
    from beamwright.artifact.push import Sent
    from beamwright.rollout import Deed, HostState, Outcome, Plan

NONE = "-"


def show_report(screen: Screen, report: Report) -> None:
    """What a build made."""
    screen.table(
        ("artifact", "on the wire", "unpacked"),
        [
            (str(report.folder / each.path), text(each.compressed_bytes), text(each.unpacked_bytes))
            for each in report.artifacts
        ],
    )
    screen.say(f"{report.name} {report.version}, sha256:{report.digest}")


def show_differences(screen: Screen, differences: Sequence[Difference]) -> None:
    """What is not the same in two builds."""
    rows = [
        (each.kind, each.where, each.word, each.name, each.before or NONE, each.after or NONE)
        for each in differences
    ]
    if rows:
        screen.table(("", "layer", "", "", "shipped", "built again"), rows)


def show_sent(screen: Screen, sent: Sent) -> None:
    """A blob that a registry has now."""
    screen.line(True, f"{sent.name}: {f'{text(sent.sent)} sent' if sent.sent else 'is there'}", sent.seconds)


def show_outcome(screen: Screen, outcome: Outcome) -> None:
    """How a roll-out ended, a line per host."""
    screen.table(
        ("host", "outcome", "from", "to", "sent", "seconds"),
        [
            (
                host.name,
                host.outcome,
                host.before or NONE,
                host.after or NONE,
                text(host.bytes_sent),
                f"{host.seconds:.1f}",
            )
            for host in outcome.hosts
        ],
    )


def show_plan(screen: Screen, plan: Plan) -> None:
    """What would be done, phase by phase."""
    if not plan.phases:
        screen.say("Nothing to do: the hosts are as the fleet file says.")
    for phase in plan.phases:
        at_once = phase.parallel and len({action.host for action in phase.actions}) > 1
        screen.say(f"{phase.name}{' (these hosts at once)' if at_once else ''}")
        for action in phase.actions:
            screen.say(f"  {action.host}: {action.text}" if action.host else f"  {action.text}")


def show_history(screen: Screen, deeds: Sequence[Deed]) -> None:
    """Who did what on the hosts, the latest last."""
    rows = [
        (
            deed.began,
            deed.host,
            deed.who,
            deed.what or NONE,
            deed.before or NONE,
            deed.after or NONE,
            deed.outcome,
        )
        for deed in deeds
    ]
    screen.table(("began (UTC)", "host", "who", "what", "from", "to", "ended"), rows)


def show_status(screen: Screen, hosts: Sequence[HostState]) -> None:
    """Every node and sidecar of the hosts, a line each."""
    rows: list[tuple[str, ...]] = []
    for host in hosts:
        if not host.reachable:
            rows.append((host.name, "", "unreachable", "", "", ""))
            continue
        for node in host.nodes:
            counts = (str(node.peers), str(node.restarts))
            rows.append((host.name, node.name, node.state, node.version or NONE, *counts))
        if sidecar := host.sidecar:
            members = f"{sidecar.members} member{'' if sidecar.members == 1 else 's'}"
            rows.append((host.name, "rabbitmq", sidecar.state, sidecar.version or NONE, members, ""))
    screen.table(("host", "node", "state", "version", "peers", "restarts"), rows)
