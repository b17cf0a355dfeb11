"""How a roll-out ended, host by host: from its plan when it went well, else from what the hosts say now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from beamwright.fleet import Host
from beamwright.rollout.crew import Crew
from beamwright.rollout.executor import Tally
from beamwright.rollout.facts import App, HostFacts
from beamwright.rollout.goal import Situation
from beamwright.rollout.outcome import HostOutcome, Outcome
from beamwright.rollout.plan import Plan
from beamwright.rollout.verdict import Return


@dataclass(frozen=True)
class About:
    """What a roll-out is about: version, digest and commit of the release, and the word for a host done."""

    version: str
    digest: str = ""
    done: str = "deployed"
    revision: str = ""


def come_to(situation: Situation, about: About, todo: Plan, tally: Mapping[str, Tally], word: str) -> Outcome:
    """What the plan comes to: every host that it changes is `word`."""
    project = situation.fleet.project.name
    hosts = tuple(
        _outcome(
            situation,
            host,
            tally.get(host.name, Tally()),
            word if host.name in todo.hosts else "unchanged",
            situation.goal(host, project).release,
        )
        for host in situation.hosts
    )
    return Outcome(word if todo.phases else "unchanged", about.version, about.digest, hosts)


def stand(
    crew: Crew, situation: Situation, about: About, tally: Mapping[str, Tally], ended: Return | None = None
) -> Outcome:
    """How everything stands after something went wrong."""
    found = {name: _app(situation, answer) for name, answer in crew.each(crew.look).items()}
    words = {
        host.name: _word(situation, host, about, tally[host.name], found[host.name], ended)
        for host in situation.hosts
    }
    hosts = tuple(
        _outcome(situation, host, tally[host.name], words[host.name], there.current if there else None)
        for host, there in ((host, found[host.name]) for host in situation.hosts)
    )
    return Outcome(_whole(words.values(), about, ended), about.version, about.digest, hosts)


def _whole(words: Iterable[str], about: About, ended: Return | None) -> str:
    """One word for all hosts."""
    if "unconfirmed" in words:
        return "unconfirmed"
    if ended is None:
        return "interrupted"
    return "incomplete" if about.done in words else "reverted"


def _outcome(situation: Situation, host: Host, count: Tally, word: str, after: str | None) -> HostOutcome:
    before = situation.app(host, situation.fleet.project.name).current
    return HostOutcome(host.name, word, before, after, count.bytes_sent, count.seconds)


def _app(situation: Situation, answer: object) -> App | None:
    """What is on a host now; None when it does not say."""
    if not isinstance(answer, HostFacts):
        return None
    return answer.apps.get(situation.fleet.project.name, App())


def _word(
    situation: Situation, host: Host, about: About, count: Tally, there: App | None, ended: Return | None
) -> str:
    """What became of a host: nobody knows, it went back, it has what it shall have, or it is as it was."""
    goal, before = (
        situation.goal(host, situation.fleet.project.name),
        situation.app(host, situation.fleet.project.name),
    )
    if there is None and ended and not ended.begun and not before.unconfirmed:
        return "unchanged"
    if there is None or there.unconfirmed or (ended and host.name in ended.bad):
        return "unconfirmed"
    if ended and host.name in ended.back:
        return "reverted"
    if not count.restarted and there.current == before.current:
        return "unchanged"
    # By itself: at a boot, or when its lease had ended.
    changes = goal.release != before.current or goal.digests(before) != before.files
    if changes and (there.current, there.files) == (before.current, before.files):
        # RabbitMQ's unit counts as restarted too, and says nothing of the nodes.
        return "reverted" if count.restarted & set(goal.units) else "unchanged"
    return about.done if not goal.again or count.restarted >= set(goal.units) else "unconfirmed"
