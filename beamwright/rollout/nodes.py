"""The steps that concern the nodes: in batches of hosts, on each host one node after the other. Pure."""

from __future__ import annotations

from dataclasses import replace

from beamwright.fleet import Cluster, Host
from beamwright.rollout.actions import bring, node_seconds, restart, whole
from beamwright.rollout.batches import Batch, Turn, batches
from beamwright.rollout.cluster import Watched, joined_nodes, names_of
from beamwright.rollout.goal import Situation, node_unit
from beamwright.rollout.plan import Action, hook
from beamwright.rollout.reasons import restart_reasons

_Names = frozenset[str]


def roll_nodes(situation: Situation) -> tuple[Action, ...]:
    """Batch by batch: files and release, then node by node: restart, ready, the cluster whole.

    One cluster after the other. In a cluster, hosts whose nodes are not ready come first: a node that is down
    is no reason to take down another one beside it.
    """
    return _roll_all(situation, joined_nodes(situation))


def bring_nodes_back(situation: Situation) -> tuple[Action, ...]:
    """The same after a failure, where the nodes that are yet to be restarted run what has failed.

    One of them may look ready between two crashes: no other one waits for it, nor is its next crash held
    against them.
    """
    project = situation.fleet.project.name
    owing = {
        node.name
        for host in situation.hosts
        for node in host.nodes
        if restart_reasons(situation, host, project, node_unit(situation.fleet, node.number))
    }
    return _roll_all(situation, joined_nodes(situation) - owing)


def _roll_all(situation: Situation, started: _Names) -> tuple[Action, ...]:
    """Batch by batch; `started` are the nodes that must be there, and stay, from the beginning."""
    actions, fleet = list[Action](), situation.fleet
    rolled = _batches(situation, joined_nodes(situation))
    for number, batch in enumerate(rolled, 1):
        label = f"{number}/{len(rolled)}: {_names(batch)}"
        if number > 1 and fleet.deploy.pause_seconds:
            actions.append(_pause(fleet.deploy.pause_seconds, f"{number}/{len(rolled)}"))
        actions += _roll(situation, batch, started, label)
        started |= {name for turn in batch for name in turn.restarted}
    return tuple(actions)


def cluster_whole(situation: Situation) -> tuple[Action, ...]:
    """Every node sees every other one of its cluster, once all hosts are done."""
    project = situation.fleet.project.name
    hosts = [host for host in situation.hosts if situation.goal(host, project).units]
    started = joined_nodes(situation) | {
        node.name
        for host in hosts
        for node in host.nodes
        if node_unit(situation.fleet, node.number) in situation.goal(host, project).units
    }
    return tuple(
        whole(
            situation,
            host,
            _watched(situation, host, started, frozenset()),
            started & names_of(situation, host),
        )
        for host in hosts
    )


def rest_whole(situation: Situation) -> tuple[Action, ...]:
    """The same directly after `roll_nodes`, whose last batch has just said so: its hosts are not asked again.

    Where hooks have run since, they are.
    """
    last = [] if "after-host" in situation.hooks else _batches(situation, joined_nodes(situation))[-1:]
    asked = {turn.host.name for batch in last for turn in batch if turn.restarts}
    return tuple(action for action in cluster_whole(situation) if action.host not in asked)


def _batches(situation: Situation, started: _Names) -> list[Batch]:
    """All batches, in their order."""
    fleet = situation.fleet
    return [
        batch
        for cluster in fleet.clusters
        for batch in batches(fleet, cluster, _turns(situation, cluster, started), started)
    ]


def _turns(situation: Situation, cluster: Cluster, started: _Names) -> list[Turn]:
    """What the hosts of a cluster need; those that need nothing have no turn."""
    at_work = {host.name for host in situation.hosts}
    hosts = [host for host in cluster.hosts if host.name in at_work]
    turns = [
        _turn(situation, host, started)
        for host in sorted(hosts, key=lambda host: {node.name for node in host.nodes} <= started)
    ]
    return [turn for turn in turns if turn.bring or turn.restarts]


def _turn(situation: Situation, host: Host, started: _Names) -> Turn:
    """What one host needs: its nodes that are not ready come first."""
    project, restarts = situation.fleet.project.name, list[tuple[str, str, tuple[str, ...]]]()
    wanted = situation.goal(host, project).units
    for node in sorted(host.nodes, key=lambda node: node.name in started):
        unit = node_unit(situation.fleet, node.number)
        if unit in wanted and (reasons := restart_reasons(situation, host, project, unit)):
            restarts.append((unit, node.name, reasons))
    return Turn(host, tuple(bring(situation, host, project)), tuple(restarts))


def _roll(situation: Situation, batch: Batch, started: _Names, label: str) -> list[Action]:
    """One batch. While it goes on, no host of it waits for the nodes of another one; at its end, all do."""
    soak = float(situation.fleet.deploy.soak_seconds)
    alone = len(batch) == 1
    started &= names_of(situation, batch[0].host)
    actions: list[Action] = []
    for turn in batch:
        away = {node.name for other in batch if other is not turn for node in other.host.nodes}
        done = [
            *hook(situation, "before-host", turn.host.name),
            *_one_by_one(situation, turn, started - away, soak if alone else None),
            *(hook(situation, "after-host", turn.host.name) if alone else ()),
        ]
        actions += [replace(action, batch=label) for action in done]
    if not alone:
        actions += [replace(a, batch=f"{label}, healthy") for a in _settle(situation, batch, started, soak)]
    return actions


def _one_by_one(situation: Situation, turn: Turn, started: _Names, soak: float | None) -> list[Action]:
    """The turn of one host; its nodes see each other, and all that have been started, after each restart.

    Without `soak` not after the last one: the whole batch is asked then.
    """
    host, project, actions = turn.host, situation.fleet.project.name, list(turn.bring)
    fresh = frozenset[str]()
    for unit, name, reasons in turn.restarts:
        fresh |= {name}
        actions.append(restart(host, project, unit, name, reasons, node_seconds(host)))
        is_last, expected = fresh == turn.restarted, started | fresh
        if is_last and soak is None:
            break
        watched = _watched(situation, host, expected, fresh)
        hold = soak if is_last and soak else 0.0
        actions.append(whole(situation, host, watched, expected, unit, hold))
    return actions


def _settle(situation: Situation, batch: Batch, started: _Names, soak: float) -> list[Action]:
    """Waits until the nodes of all hosts of a batch, as all of the cluster, are there again, and stay."""
    started, actions = started.union(*(turn.restarted for turn in batch)), list[Action]()
    for turn in batch:
        if turn.restarts:
            watched = _watched(situation, turn.host, started, turn.restarted)
            last, _, _ = turn.restarts[-1]
            actions.append(whole(situation, turn.host, watched, started, last, soak))
        actions += hook(situation, "after-host", turn.host.name)
    return actions


def _watched(situation: Situation, host: Host, started: _Names, fresh: _Names) -> tuple[Watched, ...]:
    """The started nodes of a host; the `fresh` ones have been restarted by us, which counts as none."""
    units = situation.app(host, situation.fleet.project.name).units
    return tuple(
        Watched(unit, node.name, 0 if node.name in fresh or unit not in units else units[unit].restarts)
        for node in host.nodes
        if node.name in started
        for unit in (node_unit(situation.fleet, node.number),)
    )


def _pause(seconds: int, before: str) -> Action:
    return Action(
        "", f"pause of {seconds} s", ("pause",), None, seconds, batch=f"pause before {before}", here=True
    )


def _names(batch: Batch) -> str:
    """Which hosts a batch has, as far as that is short."""
    names = [turn.host.name for turn in batch]
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} hosts of {batch[0].host.cluster}"
