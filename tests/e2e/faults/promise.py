"""What holds after every fault: no host is in between, what was told was true, the same again converges."""

from __future__ import annotations

from collections.abc import Mapping

from beamwright.rollout.facts import App, HostFacts
from tests.e2e.faults.deployment import Told
from tests.e2e.faults.yard import BASE, HELPER, PATIENCE, Yard, until

NOTHING_CHANGED = {2, 3, 4, 5}
"""Exit codes after which every host is as it was."""

ELSEWHERE = 130
"""That of Ctrl-C where no host was being changed: before it began, or after it was told how it ended."""


def keep(yard: Yard, told: Told, before: str | Mapping[str, str]) -> None:
    """The promise, once the fault is over: `before` is the release that ran, or host → that."""
    before = dict.fromkeys(yard.names, before) if isinstance(before, str) else before
    assert told.code != 1, told
    whole(yard, {*before.values(), yard.goal.release_id})
    true(yard, told, before)
    converges(yard)


def whole(yard: Yard, expected: set[str]) -> None:
    """`current` is a complete release everywhere, what its manifest says, and one of those expected."""
    # One script, which says no by its exit code: the host may be about to go back meanwhile.
    is_one = f"""
        current=$(readlink {BASE}/current) && current=${{current#releases/}}
        case " {" ".join(expected)} " in *" $current "*) ;; *) echo "current: $current"; exit 1 ;; esac
        {HELPER} check bolt "$current\""""
    for name in yard.names:
        yard.on(name, is_one)


def true(yard: Yard, told: Told, before: Mapping[str, str]) -> None:
    """The exit code, and the word for each host."""
    goal = yard.goal.release_id
    if told.code is None:
        return
    if told.code == 0:
        words = dict.fromkeys(yard.names, "deployed")
    elif told.code in NOTHING_CHANGED or (told.code == ELSEWHERE and not told.hosts):
        words = dict.fromkeys(yard.names, "unchanged")
    else:
        words = told.hosts
        assert set(words) == set(yard.names), told
    if told.code == 6:
        assert set(words.values()) <= {"reverted", "unchanged"}, told
    if told.code == 7:
        unsettled = {name for name, word in words.items() if word == "unconfirmed"}
        assert all(name in told.error for name in unsettled), told
    for name, word in words.items():
        if word != "unconfirmed":
            release = goal if word == "deployed" else before[name]
            until(lambda n=name, r=release: runs(yard.app(n), r), PATIENCE, f"{name} {word}, {told}")  # type: ignore[misc]


def converges(yard: Yard) -> None:
    """The same command again, with nobody's help: everything runs the goal, and nothing is left over."""
    goal = yard.goal.release_id
    failed = any(goal in yard.app(name).failed for name in yard.names)
    told = yard.deploy(wait=PATIENCE, again=failed)
    assert told.code == 0, told
    for name in yard.names:
        facts = yard.look(name)
        assert runs(facts.apps["bolt"], goal), f"{name}: {facts}\n{told}"
        # A deployer that could not give it back has said so: it ends by itself.
        if _locked(facts):
            until(lambda n=name: not _locked(yard.look(n)), PATIENCE, f"no lock on {name}")  # type: ignore[misc]
        assert yard.on(name, _LEFT).split() == ["confirmed", goal], name


_LEFT = f"""
sed -n 's/^[^ ]* [^ ]* [^ ]* \\(confirmed [^ ]*\\)$/\\1/p' {BASE}/journal | tail -n 1
cd {BASE} && find . -mindepth 1 -maxdepth 2 -name '.*'
ls /etc/systemd/system/*.wants | grep beamwright-.*@ || :
"""
"""What the journal says last, files that are left over, units that are still armed."""


def _locked(facts: HostFacts) -> bool:
    return facts.lease is not None and not facts.lease.is_over


def runs(app: App, release: str) -> bool:
    """Whether the release is committed to, and every node runs it and is ready."""
    nodes = app.units.values()
    return (
        app.current == release
        and not app.unconfirmed
        and bool(nodes)
        and all(node.ready and node.running == release for node in nodes)
    )
