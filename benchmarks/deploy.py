"""How fast and how cheap deploys are: Beamwright, Ansible, pyinfra, and rsync + ssh, on the same hosts."""

from __future__ import annotations

import os
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from beamwright import artifact
from benchmarks.harness import beamwright, crowd, hosts, marks
from benchmarks.harness.apps import APPS, App
from benchmarks.harness.figures import Figures, Log, Spread, spread
from benchmarks.harness.hosts import HOSTS, PORTS, Hosts
from benchmarks.harness.marks import Deed
from benchmarks.harness.rollouts import OURS, Rollouts, figures
from benchmarks.peers.ansible import Ansible
from benchmarks.peers.install import programs
from benchmarks.peers.loop import Loop, round_trip
from benchmarks.peers.pyinfra import Pyinfra
from benchmarks.peers.site import Peer, Release

RUNS = 3
PEERS: tuple[Peer, ...] = (Ansible(), Pyinfra(), Loop())
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "beamwright/benchmarks"

NOTES = (
    "The hosts are containers with systemd and sshd on this machine, which share its cores with the "
    "deployer: what a host computes counts as much as what the deployer does. Each runs a node of the Erlang "
    "hello for every tool, from the same unit file. A round changes the module, builds, and deploys it in "
    "four ways in turn.",
    "kB to a host: what came to its port 22, TCP and all, counted by iptables. The rest: the whole process "
    "without the seconds in which at least one of the tool's nodes was restarting: from its unit's "
    "ActiveExitTimestampMonotonic, as it begins to stop, to ActiveEnterTimestampMonotonic, as it is ready.",
    'Beamwright: `invoke deploy` up to its `verify`, with `batch = "100%"`, `min_ready = "0"` and '
    "`soak_seconds = 0`, since no peer is careful either. It locks, verifies signature and files there, "
    "begins with one host, waits until the cluster is whole, and would go back; no peer does.",
    "Ansible: file, unarchive, file (link), systemd_service; pipelining, a fork a host, strategy free, no "
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
        deeds = _changes(there, app, bin, runs, log)
        decide = _decide(there, runs, log)
        found = Rollouts(
            runs=runs,
            hosts=HOSTS,
            deeds=deeds,
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


def _fan_out(there: Hosts, bin: Path, runs: int, log: Log) -> tuple[dict[str, Spread], int]:
    """Seconds to ask two sshds of each host for facts; the most memory that the plan for all sshds takes."""
    half, whole = there.crowd(PORTS[:2]), there.crowd(PORTS)
    ways: dict[str, Callable[[], object]] = {
        OURS: lambda: beamwright.invoke(half.folder, half.cache, "status", "--json")
    }
    for peer in PEERS[:2]:
        site = there.site(f"facts-{peer.name}", bin, PORTS[:2])
        ways[peer.title] = lambda peer=peer, site=site: peer.facts(site)  # type: ignore[misc]
    took: dict[str, list[float]] = {title: [] for title in ways}
    for _ in range(runs):
        for title, ask in ways.items():
            took[title].append(_timed(ask))
        log("facts: " + ", ".join(f"{title} {spent[-1]:.2f} s" for title, spent in took.items()))
    _, memory = beamwright.invoke(whole.folder, whole.cache, "plan", "--json", codes=(10,))
    log(f"memory: {memory / 1e6:.0f} MB")
    return {title: spread(spent) for title, spent in took.items()}, memory


def _changes(there: Hosts, app: App, bin: Path, runs: int, log: Log) -> dict[str, tuple[Deed, ...]]:
    """A change of one module in each round, then every tool's deploy of it to the first cluster."""
    uncounted = there.site("marks", bin, PORTS[1:2], HOSTS)
    sites = {peer.name: there.site(peer.name, bin, most=HOSTS) for peer in PEERS}
    marks.prepare(uncounted, app.name, [(peer.number, peer.name) for peer in PEERS])
    first = _release(there, 0)
    for peer in PEERS:
        peer.deploy(sites[peer.name], first)
    deeds: dict[str, list[Deed]] = {title: [] for title in (OURS, *(peer.title for peer in PEERS))}
    for number in range(1, runs + 1):
        app.change(there.folder / "source", number)
        beamwright.build(there.folder, there.cache, "--kind", "tarball")
        release = _release(there, number)
        ours = marks.measure(
            uncounted, f"{app.name}@1", lambda: beamwright.deploy(there.folder, there.cache, "@a")
        )
        deeds[OURS].append(ours)
        for peer in PEERS:
            deed = marks.measure(
                uncounted,
                f"{peer.name}@{peer.number}",
                lambda peer=peer, release=release: peer.deploy(sites[peer.name], release),  # type: ignore[misc]
            )
            deeds[peer.title].append(deed)
        told = (f"{title} {done[-1].own:.1f} of {done[-1].seconds:.1f} s" for title, done in deeds.items())
        log(f"change {number}: {', '.join(told)}")
    return {title: tuple(done) for title, done in deeds.items()}


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
