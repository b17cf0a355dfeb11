"""The command line: each task parses, calls one function, prints. `invoke --list`, `beamwright --list`.

With beamwright/cli, what its tasks share, the only place that talks to the terminal and exits. The
environment is read here alone.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import itertools
import json as jsons
import os
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoke.collection import Collection
from invoke.exceptions import Exit

# Nothing of what is loaded is garbage before the end, and at the end all of it goes: to look for some takes a
# fifth of a second of a build.
gc.disable()
atexit.register(gc.freeze)

# Invoke has Python keep nothing of what it compiles, whatever Python was told: each start would compile anew.
sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)

from beamwright import artifact, resources, toolchain
from beamwright.artifact.checks import Check, demand
from beamwright.artifact.papers import signature_of
from beamwright.cli import builds
from beamwright.cli.given import choose, number, read, write
from beamwright.cli.task import task
from beamwright.console import Screen, sizes, tables
from beamwright.console.flags import FLEET, Change, Pace, Way
from beamwright.errors import ConfigError
from beamwright.fleet import Fleet, secrets
from beamwright.fleet.init import create
from beamwright.fleet.pace import paced
from beamwright.fleet.select import select
from beamwright.toolchain import here
from beamwright.toolchain.revision import revision

if TYPE_CHECKING:
    from beamwright import local, rollout, transport, units, verify
    from beamwright.artifact import proof, sidecar
    from beamwright.artifact import push as images
    from beamwright.cli import rollouts
    from beamwright.console import progress as watching
    from beamwright.toolchain import machine
    from beamwright.toolchain import sidecar as roots
else:
    # They take a quarter of a second to load, SSH and templates with them; a build needs none of them.
    local, rollout, transport, units, verify = map(
        resources.later, ("local", "rollout", "transport", "units", "verify")
    )
    proof, sidecar, images = map(resources.later, ("artifact.proof", "artifact.sidecar", "artifact.push"))
    rollouts, watching = map(resources.later, ("cli.rollouts", "console.progress"))
    # Nor does a deploy need the Docker SDK.
    machine, roots = map(resources.later, ("toolchain.machine", "toolchain.sidecar"))

if not os.environ.get("DOCKER_HOST", "").startswith("ssh"):
    # The Docker SDK does without its way over SSH where that can't be loaded, which takes a while.
    sys.modules["docker.transport.sshconn"] = None  # type: ignore[assignment]

gc.freeze()
gc.enable()

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "beamwright"
CHANGES = 10
"""The exit code of a `plan` that would change something."""


@task
def init(screen: Screen, fleet: str = FLEET) -> None:
    """Writes a commented fleet.toml for the project in this folder, and the fleet's secrets."""
    path = Path(fleet)
    if create(path):
        screen.say(f"wrote {path}: name your hosts in it, then `doctor`")
    else:
        screen.note(f"{path} is there and stays as it is")
    declared = read(fleet)
    for created in secrets.ensure(declared):
        screen.say(f"wrote {created}: {keep(created, declared)}")


@task
def doctor(screen: Screen, hosts: str = "", fleet: str = FLEET) -> None:
    """Says what is missing here and on the hosts, and the command that mends it."""
    declared, codes = read(fleet), list[int]()
    there = rollout.reach(declared, select(declared, hosts))
    for text, error in itertools.chain(machine.needs(), secrets.needs(declared), there):
        screen.line(error is None, text)
        if error:
            screen.error(error)
            codes.append(error.exit_code)
    if codes:
        raise Exit(code=codes[0])


@task
def build(
    screen: Screen,
    kind: str = "all",
    against: str = "",
    fleet: str = FLEET,
    json: bool = False,
    check: bool = False,
) -> None:
    """Builds the artifacts from source, into dist/<name>-<version>/ with report.json; says what grew."""
    declared, engine = read(fleet), toolchain.Engine.connect()
    dist = builds.dist(declared)
    if check:
        builds.prove(screen, declared, engine, json)
        return
    # A build of the same version takes the earlier one's place.
    before = artifact.earlier(dist, declared.project.name, against)
    kinds = artifact.KINDS if kind == "all" else (kind,)
    epoch = number("SOURCE_DATE_EPOCH", os.environ.get("SOURCE_DATE_EPOCH", str(artifact.EPOCH)), digits=10)
    report = artifact.build(
        declared,
        engine,
        dist,
        kinds,
        screen.note,
        epoch,
        revision=functools.partial(revision, declared.project.context),
        layers=CACHE / "layers",
    )
    if declared.sidecar.enabled:
        sidecar.sign(engine.here, declared, sidecar.build(roots.make_root, CACHE, screen.note), dist)
    if report.signer is None:
        screen.warn("nobody has signed this build")
    builds.weigh(screen, report, before, json, tables.show_report)


@task
def push(screen: Screen, to: str = "", fleet: str = FLEET, json: bool = False) -> None:
    """Pushes the image of the newest build to a registry, which is sent only what it lacks."""
    declared = read(fleet)
    report = artifact.newest(builds.dist(declared), declared.project.name)
    demand(proof.signed(here.run, declared, report.folder))
    if not signature_of(report.folder / "manifest.json").is_file():
        screen.warn(f"nobody has signed {report.name} {report.version}")
    known = declared.registry
    if told := secrets.in_the_clear(known):
        screen.warn(told)
    reference = images.locate(known.repository, to, report.version)
    with transport.Registry(
        reference.registry,
        reference.repository,
        secrets.login(known),
        known.ca,
        known.insecure,
        images.neighbour(known.repository, reference),
    ) as registry:
        pushed = images.push(report, registry, reference, functools.partial(tables.show_sent, screen))
    if pushed.replaced:
        screen.warn(f"{pushed.reference} was another image until now: {pushed.replaced}")
    screen.json(pushed.as_json()) if json else screen.say(f"{pushed.reference}@{pushed.digest}")


@task
def verify_artifact(screen: Screen, build: str = "", fleet: str = FLEET, json: bool = False) -> None:
    """Checks that a build is what its signer vouched for, down to every file; RabbitMQ beside the newest."""
    declared = read(fleet)
    folder = artifact.locate(builds.dist(declared), declared.project.name, build)
    checks, beside = list[Check](), declared.sidecar.enabled and not build
    for check in itertools.chain(
        proof.prove(here.run, declared, folder),
        builds.prove_sidecar(declared, CACHE) if beside else (),
    ):
        checks.append(check)
        screen.line(check.ok, f"{check.text}: {check.problem}" if check.problem else check.text)
    if json:
        screen.json({"build": str(folder), "checks": [asdict(check) for check in checks]})
    demand(checks)


@task
def size(screen: Screen, against: str = "", fleet: str = FLEET, json: bool = False) -> None:
    """Draws where the bytes of the newest build are; --against adds what grew and shrank since another."""
    declared = read(fleet)
    name = declared.project.name
    before = artifact.named(builds.dist(declared), name, against) if against else None
    report = artifact.newest(builds.dist(declared), name)
    builds.weigh(screen, report, before, json, sizes.show_sizes)


@task
def bench(screen: Screen, name: str, runs: str = "", write: bool = False, json: bool = False) -> None:
    """Runs a benchmark with its peers; --write puts its tables into the README and docs/benchmarks.md."""
    benchmark = find_benchmark(name)
    figures = benchmark.run(screen.note, number("--runs", runs or str(benchmark.RUNS)))
    figures.keep(resources.root())
    if write:
        figures.write(resources.root())
    if json:
        screen.json(figures.as_json())
        return
    for table in figures.tables:
        screen.say(f"\n{table.title}")
        screen.table(table.heads, table.plain(), range(1, len(table.heads)))


@task
def units_(screen: Screen, out: str = "", hosts: str = "", fleet: str = FLEET) -> None:
    """Renders the units of the hosts and has systemd-analyze verify and judge them."""
    declared = read(fleet)
    with tempfile.TemporaryDirectory() as scratch:
        for host in select(declared, hosts):
            folder = Path(out or scratch) / host.name
            units.write(units.render(declared, host), folder)
            for exposure in verify.judge(folder):
                screen.note(exposure)
            where = f", in {folder}" if out else ""
            screen.line(True, f"{host.name}: verified, exposure at most {units.EXPOSURE}{where}")
        if declared.deploy.artifact == "oci":
            screen.note(
                "the nodes' sandbox is podman's, of which systemd knows nothing: `verify` looks at it"
            )


@task
def plan(screen: Screen, pace: Pace, way: Way, out: str = "") -> None:
    """Says what `deploy` would do, by the same code; exit code 10 when it would change something."""
    declared = paced(read(pace.fleet), pace.deploy)
    chosen, asked_for = select(declared, pace.hosts), rollouts.options(pace, way, Change())
    made, beside = builds.artifacts(screen, declared, CACHE)
    found = rollout.plan(declared, chosen, made, beside, options=asked_for)
    asked = {"hosts": [host.name for host in chosen], "flags": pace.deploy, "release": made.release_id}
    told = rollout.document(found) | asked
    if out:
        write(Path(out), jsons.dumps(told, indent=2) + "\n")
    screen.json(told) if pace.json else tables.show_plan(screen, found)
    if found.phases:
        raise Exit(code=CHANGES)


@task
def deploy(screen: Screen, pace: Pace, way: Way, change: Change, plan: str = "") -> None:
    """Brings the newest build to the hosts and into use: stage, switch, restart node by node, verify."""
    shown = rollout.read(Path(plan)) if plan else None
    if shown:
        asked = shown.asked()
        pace = replace(pace, **{name: text for name, text in asked.items() if not getattr(pace, name)})
        way = replace(way, playbook=way.playbook or shown.playbook)
    declared = paced(read(pace.fleet), pace.deploy)
    asked_for = replace(rollouts.options(pace, way, change), shown=shown)
    made, beside = builds.artifacts(screen, declared, CACHE)
    if shown and shown.release != made.release_id:
        raise ConfigError(
            f"{plan} is about {shown.release}, and the newest build is {made.release_id}",
            hint=f"look at what would be done now: beamwright plan --out {plan}",
        )
    chosen = choose(screen, declared, pace.hosts, change.yes or change.dry_run, "Deploy to")
    go = functools.partial(rollout.deploy, declared, chosen, made, beside)
    rollouts.roll(screen, declared, go, pace, change, asked_for)


@task
def restart(screen: Screen, pace: Pace, change: Change) -> None:
    """Restarts the nodes one after the other, the next only when the cluster is whole, and verifies."""
    declared, asked_for = paced(read(pace.fleet), pace.deploy), rollouts.options(pace, Way(), change)
    chosen = choose(screen, declared, pace.hosts, change.yes or change.dry_run, "Restart")
    rollouts.roll(
        screen, declared, functools.partial(rollout.restart, declared, chosen), pace, change, asked_for
    )


@task
def rollback(screen: Screen, pace: Pace, change: Change, to: str = "") -> None:
    """Goes back to the release before, or to one that the hosts still have, and verifies."""
    declared, asked_for = paced(read(pace.fleet), pace.deploy), rollouts.options(pace, Way(), change)
    chosen = choose(screen, declared, pace.hosts, change.yes or change.dry_run, "Roll back")
    go = functools.partial(rollout.rollback, declared, chosen, to)
    rollouts.roll(screen, declared, go, pace, change, asked_for)


@task
def status(
    screen: Screen, hosts: str = "", fleet: str = FLEET, json: bool = False, watch: bool = False
) -> None:
    """Says how every node and sidecar is."""
    declared = read(fleet)
    chosen = select(declared, hosts)

    def show() -> None:
        found = rollout.status(declared, chosen)
        screen.json(rollout.as_json(found)) if json else tables.show_status(screen, found)
        rollout.demand_all(found)

    screen.again(2.0 if watch else None, show)


@task
def logs(
    screen: Screen,
    node: str = "",
    hosts: str = "",
    lines: str = "50",
    follow: bool = False,
    sidecar: bool = False,
    fleet: str = FLEET,
) -> None:
    """Prints the last lines that the nodes of the hosts, or one node, have logged."""
    declared = read(fleet)
    host, one = rollout.find_node(declared, node) if node else (None, None)
    chosen = (host,) if host else select(declared, hosts)
    many, count = len(chosen) > 1, number("--lines", lines)

    def show(name: str, line: str) -> None:
        screen.raw(f"{name}: {line}" if many else line)

    rollout.logs(declared, chosen, show, lines=count, follow=follow, sidecar=sidecar, node=one)


@task
def console(_: Screen, node: str, fleet: str = FLEET) -> None:
    """Opens a shell in a running node."""
    if not sys.stdin.isatty():
        raise ConfigError("a console needs a terminal", hint="rpc needs none")
    raise Exit(code=rollout.console(read(fleet), node, os.environ.get("TERM", "xterm")))


@task
def rpc(screen: Screen, node: str, expression: str, fleet: str = FLEET) -> None:
    """Evaluates an expression on a running node and prints what it gives."""
    result = rollout.rpc(read(fleet), node, sys.stdin.read() if expression == "-" else expression)
    if result.stdout:
        screen.raw(result.stdout)
    screen.note(result.stderr.rstrip())
    raise Exit(code=result.exit_code)


@task
def verify_(screen: Screen, hosts: str = "", fleet: str = FLEET, json: bool = False) -> None:
    """Checks the running hosts with testinfra, against the fleet file and with checks of your own."""
    declared = read(fleet)
    chosen = select(declared, hosts)
    # What is down, or has nothing yet, is told in a line, and not as forty checks that failed.
    rollout.demand_deployed(declared, chosen)
    rollouts.prove_hosts(screen, declared, chosen, json)


@task
def up(screen: Screen, fleet: str = FLEET) -> None:
    """Brings up a local fleet: a container with systemd and sshd for every host of the fleet file."""
    local.up(read(fleet), screen.note)


@task
def down(screen: Screen, fleet: str = FLEET) -> None:
    """Takes the local fleet away."""
    local.down(read(fleet), screen.note)


@task
def describe(screen: Screen, fleet: str = FLEET) -> None:
    """Says as JSON what the Vagrantfile's machines are to be."""
    screen.json(local.describe(read(fleet)))


@task
def adopt(_: Screen, places: str, fleet: str = FLEET) -> None:
    """Records where machines are that Vagrant brought up: a JSON array of host, address, port, key."""
    local.adopt(read(fleet), places)


@task
def image(screen: Screen, fleet: str = FLEET) -> None:
    """Makes the image of the container hosts where it is missing."""
    local.host_image(toolchain.Engine.connect().client, read(fleet).folder, screen.note)


@task
def lock_status(screen: Screen, hosts: str = "", fleet: str = FLEET) -> None:
    """Says who holds the lock of the hosts, since when and why."""
    declared = read(fleet)
    found = rollout.status(declared, select(declared, hosts))
    for host in found:
        screen.say(f"{host.name}: {'unreachable' if host.error else host.lock or 'free'}")
    rollout.demand_all(found)


@task
def lock_release(screen: Screen, hosts: str = "", fleet: str = FLEET, yes: bool = False) -> None:
    """Takes the lock of the hosts away from a deployer that is dead."""
    declared = read(fleet)
    rollout.release_lock(declared, choose(screen, declared, hosts, yes, "Release the lock of"))


def keep(path: Path, declared: Fleet) -> str:
    """What to do with a file that `init` made."""
    if path == declared.signing.allowed_signers:
        return "whose builds may be deployed; commit it"
    return "keep it, and keep it out of version control"


@task
def history(screen: Screen, hosts: str = "", fleet: str = FLEET, json: bool = False) -> None:
    """Says who did what on the hosts, when, from which release to which, and how it ended."""
    declared = read(fleet)
    deeds, errors = rollout.history(declared, select(declared, hosts))
    if deeds or not errors:
        screen.json([deed.as_json() for deed in deeds]) if json else tables.show_history(screen, deeds)
    rollout.all_of(errors)


@task
def bootstrap(
    screen: Screen, login: str = "", hosts: str = "", fleet: str = FLEET, yes: bool = False
) -> None:
    """Has root put the helper on the hosts, whom they trust, and a line for sudo that allows it alone."""
    declared = read(fleet)
    chosen = choose(screen, declared, hosts, yes, "Put the helper on")
    with watching.Progress(screen) as progress:
        rollout.bootstrap(declared, chosen, login, progress)


def find_benchmark(name: str) -> Any:
    """The module of that name in benchmarks/; ConfigError when there is none, as in an installed wheel."""
    folder = resources.root() / "benchmarks"
    known = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    if name not in known:
        hint = f"one of {', '.join(known)}" if known else "benchmarks run from a clone"
        raise ConfigError(f"no benchmark {name}", hint=hint)
    return importlib.import_module(f"benchmarks.{name}")


namespace = Collection(
    init,
    doctor,
    build,
    push,
    size,
    bench,
    plan,
    deploy,
    restart,
    rollback,
    status,
    logs,
    history,
    console,
    rpc,
    bootstrap,
)
namespace.add_task(verify_artifact)
namespace.add_task(units_, name="units")
namespace.add_task(verify_, name="verify")
locks = Collection("lock")
locks.add_task(lock_status, name="status")
locks.add_task(lock_release, name="release")
namespace.add_collection(locks)
namespace.add_collection(Collection("local", up, down, describe, adopt, image))
