"""How fast and how cheap deploys are: Beamwright, Ansible, pyinfra, and rsync + ssh, on the same hosts."""

from __future__ import annotations

import os
import tarfile
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from beamwright import artifact
from benchmarks.harness import beamwright, crowd, hosts, marks
from benchmarks.harness.apps import APPS, App
from benchmarks.harness.figures import Figures, Log, Spread, spread
from benchmarks.harness.hosts import PORTS, Hosts
from benchmarks.harness.link import uplink
from benchmarks.harness.marks import Deed
from benchmarks.harness.rollouts import Change, Rollouts, figures
from benchmarks.harness.rounds import OURS, of_all, rotated, turns
from benchmarks.peers.ansible import FORKS, Ansible
from benchmarks.peers.install import programs
from benchmarks.peers.loop import Loop, round_trip
from benchmarks.peers.pyinfra import Pyinfra
from benchmarks.peers.site import Peer, Release

RUNS = 4
"""As many as there are tools: each begins a round."""

UPLINK = 100
LINKS = {f"over an uplink of {UPLINK} Mbit/s": UPLINK, "within one machine": None}
"""How the deployer reaches the hosts, and so many Mbit/s at most."""

PEERS: tuple[Peer, ...] = (Ansible(), Pyinfra(), Loop())
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "beamwright/benchmarks"

NOTES = (
    "The hosts are containers with systemd and sshd on this machine, which share its cores with the "
    "deployer: what a host computes counts as much as what the deployer does. Each runs a node of the Erlang "
    "hello for every tool, from the same unit file. A round changes the module, builds, and deploys it in "
    "four ways in turn, each round beginning with another one; before each the disks are in sync, and only "
    f"these {hosts.HOSTS} hosts run.",
    f"Over an uplink: what goes from the deployer to the hosts shares {UPLINK} Mbit/s (tc-tbf(8) on their "
    "bridge), without more delay. Within one machine bytes cost nothing, and who verifies them pays for it.",
    "kB to a host: what came to its port 22, TCP and all, counted by iptables. The rest: the whole process "
    "without the seconds in which at least one of the tool's nodes was restarting: from its unit's "
    "ActiveExitTimestampMonotonic, as it begins to stop, to ActiveEnterTimestampMonotonic, as it is ready.",
    'Beamwright: `invoke deploy` up to its `verify`, with `batch = "100%"`, `min_ready = "0"`, '
    "`soak_seconds = 0` and `keep = 50`, since no peer is careful either, nor removes old releases. It "
    "locks, verifies signature and files there, begins with one host, waits until the cluster is whole, and "
    "would go back; no peer does.",
    f"Ansible: file, unarchive, file (link), systemd_service; pipelining, {FORKS} forks, strategy free, no "
    "gathered facts. pyinfra: put, shell (tar), link, service. rsync + ssh: all hosts at once, "
    "`--link-dest` to the release before, `--checksum`, `--compress`.",
    "Deploy of nothing new: the whole process, which looks at every host and finds nothing to be done; in "
    "each round after `ssh HOST true` to all hosts at once.",
    f"Facts: `status`; Ansible's `setup` with `gather_subset=!all,min`; pyinfra's `server.Arch` and "
    f"`systemd.SystemdStatus`. The sshds are {len(PORTS)} on each host.",
    "1,000 hosts: in this process, for a roll-out that restarts all 4,000 nodes; nothing is contacted.",
)


def run(log: Log, runs: int) -> Figures:
    """Boots the hosts, measures, and takes them away."""
    app = next(app for app in APPS if app.name == "hello_erlang")
    bin = programs(CACHE, log)
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        hosts.running(app, Path(folder), log) as there,
    ):
        unchanged, least = _unchanged(there, bin, runs, log)
        facts, memory = _fan_out(there, bin, runs, log)
        with hosts.alone(there, hosts.HOSTS):
            changes = _changes(there, app, bin, runs, log)
        decide = _decide(there, runs, log)
        found = Rollouts(
            runs=runs,
            changes=changes,
            unchanged_hosts=len(there.declared.hosts),
            unchanged=unchanged,
            round_trip=least,
            facts_hosts=2 * len(there.declared.hosts),
            facts=facts,
            memory_hosts=len(PORTS) * len(there.declared.hosts),
            memory_bytes=memory,
            decide=decide,
        )
    return figures(found, NOTES)


def _unchanged(there: Hosts, bin: Path, runs: int, log: Log) -> tuple[Spread, Spread]:
    """A deploy of what the hosts have already, and the least that it could take."""
    site = there.site("least", bin)
    ours, least = list[float](), list[float]()
    for _ in range(runs):
        least.append(_timed(lambda: round_trip(site)))
        ours.append(_timed(lambda: beamwright.invoke(there.folder, there.cache, "deploy", "--yes", "--json")))
        log(f"nothing new: {ours[-1]:.2f} s, a round trip {least[-1]:.2f} s")
    return spread(ours), spread(least)


def _fan_out(there: Hosts, bin: Path, runs: int, log: Log) -> tuple[dict[str, Spread | None], int]:
    """Seconds to ask two sshds of each host for facts; the most memory that the plan for all sshds takes."""
    half, whole = there.crowd(PORTS[:2]), there.crowd(PORTS)
    ways = {OURS: partial(_timed, partial(beamwright.invoke, half.folder, half.cache, "status", "--json"))}
    for peer in PEERS[:2]:
        site = there.site(f"facts-{peer.name}", bin, PORTS[:2])
        ways[peer.title] = partial(_timed, partial(peer.facts, site))
    rounds = list[dict[str, float]]()
    for _ in range(runs):
        rounds.append(turns(ways, log))
        log("facts: " + ", ".join(f"{title} {spent:.2f} s" for title, spent in rounds[-1].items()))
    _, memory = beamwright.invoke(whole.folder, whole.cache, "plan", "--json", codes=(10,))
    log(f"memory: {memory / 1e6:.0f} MB")
    took = {title: of_all(rounds, title) for title in ways}
    return {title: spread(spent) if spent else None for title, spent in took.items()}, memory


def _changes(there: Hosts, app: App, bin: Path, runs: int, log: Log) -> tuple[Change, ...]:
    """A change of one module in each round, then every tool's deploy of it to the first cluster."""
    sites = {peer.name: there.site(peer.name, bin, most=hosts.HOSTS) for peer in PEERS}
    uncounted = there.site("marks", bin, PORTS[1:2], hosts.HOSTS)
    marks.prepare(uncounted, app.name, [(peer.number, peer.name) for peer in PEERS])
    first = _release(there, 0)
    turns({peer.title: partial(peer.deploy, sites[peer.name], first) for peer in PEERS}, log)
    units = {OURS: f"{app.name}@1"} | {peer.title: f"{peer.name}@{peer.number}" for peer in PEERS}
    rounds: dict[str, list[dict[str, Deed]]] = {link: [] for link in LINKS}
    for number, (link, megabits) in enumerate(runs * tuple(LINKS.items()), 1):
        app.change(there.folder / "source", number)
        beamwright.build(there.folder, there.cache, "--kind", "tarball")
        release = _release(there, number)
        ways: dict[str, Callable[[], object]] = {
            OURS: partial(beamwright.deploy, there.folder, there.cache, "@a")
        }
        ways |= {peer.title: partial(peer.deploy, sites[peer.name], release) for peer in PEERS}
        measured = {
            title: partial(marks.measure, uncounted, units[title], way) for title, way in ways.items()
        }
        with uplink(uncounted.places[0].address, megabits) if megabits else nullcontext():
            done = turns(rotated(measured, (number - 1) // len(LINKS)), log)
        told = (f"{title} {deed.own:.1f} of {deed.seconds:.1f} s" for title, deed in done.items())
        log(f"change {number}, {link}: {', '.join(told)}")
        rounds[link].append(done)
    return tuple(
        Change(link, hosts.HOSTS, {title: of_all(each, title) for title in units})
        for link, each in rounds.items()
    )


def _release(there: Hosts, number: int) -> Release:
    """The newest build, unpacked here too."""
    made = artifact.find(there.folder / "dist", there.declared.project.name)
    tree = there.folder / f"tree{number}"
    with tarfile.open(made.tarball) as archive:
        archive.extractall(tree, filter="tar")
    return Release(f"r{number}", made.tarball, tree)


def _decide(there: Hosts, runs: int, log: Log) -> dict[str, Spread]:
    """Seconds from the fleet file of 1,000 hosts to their plan."""
    made = artifact.find(there.folder / "dist", there.declared.project.name)
    path = crowd.write(there.folder / "paper", there.declared.project.name)
    rounds = [crowd.decide(path, made) for _ in range(runs)]
    took = {name: spread([each[name] for each in rounds]) for name in rounds[0]}
    took["all"] = spread([sum(each.values()) for each in rounds])
    log(f"1,000 hosts on paper: {took['all'].median:.2f} s")
    return took


def _timed(do: Callable[[], object]) -> float:
    begun = time.monotonic()
    do()
    return time.monotonic() - begun
