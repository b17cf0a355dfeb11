"""The command line: each task parses, calls one function, prints. `invoke --list`, `beamwright --list`.

The only place that reads the environment, talks to the terminal and exits.
"""

from __future__ import annotations

import functools
import json as jsons
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import invoke.tasks
from invoke.collection import Collection
from invoke.context import Context
from invoke.exceptions import Exit

from beamwright import artifact, fleet, local, rollout, units, verify
from beamwright.artifact import Artifact, sidecar
from beamwright.console import Progress, Screen, tables
from beamwright.errors import BeamwrightError, ConfigError, VerifyError
from beamwright.fleet import Fleet, Host, secrets
from beamwright.fleet.init import propose
from beamwright.fleet.select import select
from beamwright.toolchain import Engine
from beamwright.toolchain.sidecar import make_root
from beamwright.transport import LocalTarget

FLEET = "fleet.toml"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "beamwright"
INTERRUPTED = 130
CHANGES = 10
HELP = {
    "fleet": "the fleet file",
    "hosts": "names, globs and @clusters, comma-separated; without it the whole fleet",
    "dry_run": "say what would be done, and do nothing",
    "json": "the outcome as JSON, alone on standard output",
    "yes": "do not ask",
    "kind": "tarball, oci or all",
    "out": "folder to write the units to",
    "to": "the release to go to, by its id or version; without it the one before",
    "lines": "how many of the last lines",
    "follow": "go on with what comes",
    "sidecar": "RabbitMQ's instead of the nodes'",
    "node": "a node's name, such as courier1@ams1",
    "expression": "Elixir or Erlang, evaluated on the node; - reads it from standard input",
    "watch": "again every two seconds, until Ctrl-C",
}


def task(function: Callable[..., None]) -> invoke.tasks.Task[Any]:
    """An Invoke task that ends with our exit codes, and without a traceback for what is not a bug."""

    @functools.wraps(function)
    def run(_: Context, *args: Any, **kwargs: Any) -> None:
        screen = Screen(sys.stdout, sys.stderr)
        try:
            function(screen, *args, **kwargs)
        except BeamwrightError as exc:
            screen.error(exc)
            raise Exit(code=exc.exit_code) from exc
        except KeyboardInterrupt as exc:
            screen.note("interrupted")
            raise Exit(code=INTERRUPTED) from exc

    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    given = {name: text for name, text in HELP.items() if name in names}
    return invoke.tasks.Task(run, help=given, auto_shortflags=False)


@task
def init(screen: Screen, fleet: str = FLEET) -> None:
    """Writes a commented fleet.toml for the project in this folder, and the fleet's secrets."""
    path = Path(fleet)
    if path.exists():
        screen.note(f"{path} is there and stays as it is")
    else:
        path.write_text(propose(path.resolve().parent), "utf-8")
        screen.say(f"wrote {path}: name your hosts in it, then `doctor`")
    for created in secrets.ensure(read(fleet)):
        screen.say(f"wrote {created}: keep it, and keep it out of version control")


@task
def doctor(screen: Screen, hosts: str = "", fleet: str = FLEET) -> None:
    """Says what is missing here and on the hosts, and the command that mends it."""
    missing = _missing_here(screen)
    declared = read(fleet)
    for host in select(declared, hosts):
        try:
            rollout.facts(declared, [host])
            screen.line(True, f"{host.name} answers, and its key is known")
        except BeamwrightError as exc:
            missing.append(exc)
            screen.line(False, host.name)
            screen.error(exc)
    if missing:
        raise missing[0]


@task
def build(screen: Screen, kind: str = "all", fleet: str = FLEET, json: bool = False) -> None:
    """Builds the artifacts from source, into dist/<name>-<version>/ with report.json."""
    declared, engine = read(fleet), Engine.connect()
    kinds = artifact.KINDS if kind == "all" else (kind,)
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", artifact.EPOCH))
    report = artifact.build(declared, engine, declared.folder / "dist", kinds, screen.note, epoch)
    if declared.sidecar.enabled:
        sidecar.build(make_root, CACHE, screen.note)
    if json:
        screen.json(jsons.loads(report.to_json()))
    else:
        tables.show_report(screen, report)


@task
def units_(screen: Screen, out: str = "", hosts: str = "", fleet: str = FLEET) -> None:
    """Renders the units of the hosts and has systemd-analyze verify and judge them."""
    declared = read(fleet)
    with tempfile.TemporaryDirectory() as scratch:
        for host in select(declared, hosts):
            folder = Path(out or scratch) / host.name
            units.write(units.render(declared, host), folder)
            _check_units(screen, folder)
            screen.line(
                True, f"{host.name}: verified, exposure at most 1.5" + (f", in {folder}" if out else "")
            )


@task
def plan(screen: Screen, hosts: str = "", fleet: str = FLEET, json: bool = False) -> None:
    """Says what `deploy` would do, by the same code; exit code 10 when it would change something."""
    declared = read(fleet)
    made, beside = artifacts(declared)
    found = rollout.plan(declared, select(declared, hosts), made, beside)
    if json:
        screen.json(found.as_json())
    else:
        tables.show_plan(screen, found)
    if found.phases:
        raise Exit(code=CHANGES)


@task
def deploy(
    screen: Screen,
    hosts: str = "",
    fleet: str = FLEET,
    dry_run: bool = False,
    json: bool = False,
    yes: bool = False,
) -> None:
    """Brings the newest build to the hosts and into use: stage, switch, restart node by node, verify."""
    declared = read(fleet)
    chosen, (made, beside) = choose(screen, declared, hosts, yes or dry_run, "Deploy to"), artifacts(declared)
    roll(
        screen,
        declared,
        chosen,
        dry_run,
        json,
        functools.partial(rollout.deploy, declared, chosen, made, beside),
    )


@task
def restart(
    screen: Screen,
    hosts: str = "",
    fleet: str = FLEET,
    dry_run: bool = False,
    json: bool = False,
    yes: bool = False,
) -> None:
    """Restarts the nodes one after the other, the next only when the cluster is whole, and verifies."""
    declared = read(fleet)
    chosen = choose(screen, declared, hosts, yes or dry_run, "Restart")
    roll(screen, declared, chosen, dry_run, json, functools.partial(rollout.restart, declared, chosen))


@task
def rollback(
    screen: Screen,
    to: str = "",
    hosts: str = "",
    fleet: str = FLEET,
    dry_run: bool = False,
    json: bool = False,
    yes: bool = False,
) -> None:
    """Goes back to the release before, or to one that the hosts still have, and verifies."""
    declared = read(fleet)
    chosen = choose(screen, declared, hosts, yes or dry_run, "Roll back")
    roll(screen, declared, chosen, dry_run, json, functools.partial(rollout.rollback, declared, chosen, to))


@task
def status(
    screen: Screen, hosts: str = "", fleet: str = FLEET, json: bool = False, watch: bool = False
) -> None:
    """Says how every node and sidecar is."""
    declared = read(fleet)
    chosen = select(declared, hosts)
    screen.again(2.0 if watch else None, lambda: show_status(screen, declared, chosen, json))


@task
def logs(
    screen: Screen,
    node: str = "",
    hosts: str = "",
    lines: int = 50,
    follow: bool = False,
    sidecar: bool = False,
    fleet: str = FLEET,
) -> None:
    """Prints the last lines that the nodes of the hosts, or one node, have logged."""
    declared = read(fleet)
    host, one = rollout.find_node(declared, node) if node else (None, None)
    chosen = (host,) if host else select(declared, hosts)
    rollout.logs(
        declared,
        chosen,
        lambda name, line: screen.raw(f"{name}: {line}" if len(chosen) > 1 else line),
        lines=lines,
        follow=follow,
        sidecar=sidecar,
        node=one,
    )


@task
def console(_: Screen, node: str, fleet: str = FLEET) -> None:
    """Opens a shell in a running node."""
    raise Exit(code=rollout.console(read(fleet), node, os.environ.get("TERM", "xterm")))


@task
def rpc(screen: Screen, node: str, expression: str, fleet: str = FLEET) -> None:
    """Evaluates an expression on a running node and prints what it gives."""
    result = rollout.rpc(read(fleet), node, sys.stdin.read() if expression == "-" else expression)
    screen.raw(result.stdout)
    screen.note(result.stderr.rstrip())
    raise Exit(code=result.exit_code)


@task
def verify_(screen: Screen, hosts: str = "", fleet: str = FLEET, json: bool = False) -> None:
    """Checks the running hosts with testinfra, against the fleet file and with checks of your own."""
    declared = read(fleet)
    verdict = verify.run(declared, select(declared, hosts), screen.note)
    if json:
        screen.json(verdict.as_json())
    raise_unless_good(verdict)
    screen.line(True, f"verified: {verdict.passed} checks passed, {verdict.skipped} skipped")


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
    local.host_image(Engine.connect().client, read(fleet).folder, screen.note)


@task
def lock_status(screen: Screen, hosts: str = "", fleet: str = FLEET) -> None:
    """Says who holds the lock of the hosts, since when and why."""
    declared = read(fleet)
    for host in rollout.status(declared, select(declared, hosts)):
        screen.say(f"{host.name}: {host.error or host.lock or 'free'}")


@task
def lock_release(screen: Screen, hosts: str = "", fleet: str = FLEET, yes: bool = False) -> None:
    """Takes the lock of the hosts away from a deployer that is dead."""
    declared = read(fleet)
    rollout.release_lock(declared, choose(screen, declared, hosts, yes, "Release the lock of"))


def read(path: str) -> Fleet:
    """The fleet of a file."""
    return fleet.load(Path(path))


def artifacts(declared: Fleet) -> tuple[Artifact, Artifact | None]:
    """What gets deployed: the newest build, and the sidecar's."""
    made = artifact.find(declared.folder / "dist", declared.project.name)
    return made, sidecar.find(CACHE) if declared.sidecar.enabled else None


def choose(screen: Screen, declared: Fleet, hosts: str, yes: bool, verb: str) -> tuple[Host, ...]:
    """The hosts that are meant; without a choice the whole fleet, after a question."""
    chosen = select(declared, hosts)
    if not hosts:
        screen.confirm(f"{verb} all {len(chosen)} hosts of the fleet?", yes, sys.stdin.readline)
    return chosen


def roll(
    screen: Screen,
    declared: Fleet,
    chosen: Sequence[Host],
    dry_run: bool,
    json: bool,
    go: Callable[..., rollout.Outcome],
) -> None:
    """A roll-out with its progress, its outcome and, when something was done, the proof."""
    with Progress(screen) as progress:
        try:
            go(on_event=progress, dry_run=dry_run)
        finally:
            tell(screen, progress, json)
    if not dry_run:
        screen.heading("verify")
        verdict = verify.run(declared, tuple(chosen), screen.note)
        raise_unless_good(verdict)
        screen.line(True, f"{verdict.passed} checks passed")


def tell(screen: Screen, progress: Progress, json: bool) -> None:
    """What a roll-out came to, or would come to: as a table, a plan, or both as JSON."""
    outcome, planned = progress.outcome, progress.plan
    if outcome and json:
        screen.json(outcome.as_json() | ({"plan": planned.as_json()} if planned else {}))
    elif planned:
        tables.show_plan(screen, planned)
    elif outcome:
        tables.show_outcome(screen, outcome)


def raise_unless_good(verdict: verify.Verdict) -> None:
    """VerifyError that names the checks that failed."""
    if not verdict.ok:
        names = [failure.check for failure in verdict.failures] or ["no check ran"]
        raise VerifyError(
            f"{len(names)} checks failed: {', '.join(names)}",
            hint="the hosts run what was deployed, but not as the fleet file says; `rollback` goes back",
        )


def show_status(screen: Screen, declared: Fleet, chosen: Sequence[Host], json: bool) -> None:
    """The state of the hosts, as a table or as JSON."""
    found = rollout.status(declared, chosen)
    if json:
        screen.json(rollout.as_json(found))
    else:
        tables.show_status(screen, found)


def _missing_here(screen: Screen) -> list[BeamwrightError]:
    """What this machine lacks, told as it is found."""
    missing: list[BeamwrightError] = []
    for program in ("ssh", "ssh-keygen", "mmdebstrap"):
        there = shutil.which(program) is not None
        screen.line(there, f"{program} on {platform.node()}")
        if not there:
            missing.append(ConfigError(f"{program} is not installed here", hint="script/setup installs it"))
    try:
        Engine.connect()
        screen.line(True, "a Docker Engine answers")
    except ConfigError as exc:
        missing.append(exc)
        screen.line(False, "a Docker Engine answers")
    return missing


def _check_units(screen: Screen, folder: Path) -> None:
    """Has systemd-analyze read the units; ConfigError with what it says."""
    for check in units.check_commands(folder):
        result = LocalTarget("here").run(check)
        screen.note(
            result.stdout.strip().splitlines()[-1] if "security" in check.argv and result.stdout else ""
        )
        if not result.ok or ("verify" in check.argv and result.stderr):
            raise ConfigError(f"{folder}: systemd-analyze refuses the units", detail=result.tail(40))


namespace = Collection(
    init, doctor, build, plan, deploy, restart, rollback, status, logs, console, rpc,
)  # fmt: skip
namespace.add_task(units_, name="units")
namespace.add_task(verify_, name="verify")
locks = Collection("lock")
locks.add_task(lock_status, name="status")
locks.add_task(lock_release, name="release")
namespace.add_collection(locks)
namespace.add_collection(Collection("local", up, down, describe, adopt, image))
