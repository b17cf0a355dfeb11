"""What people do with a running fleet: see how it is, read its logs, ask a node, sit down at its shell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from beamwright.command import Command, Result
from beamwright.errors import BeamwrightError, ConfigError, VerifyError
from beamwright.fleet import Fleet, Host, Node
from beamwright.rollout import podman
from beamwright.rollout.crew import Connect, Crew, all_of, over_ssh
from beamwright.rollout.facts import App, HostFacts
from beamwright.rollout.goal import SIDECAR, node_unit, units_of
from beamwright.rollout.helper import helper_of
from beamwright.rollout.status import HostState, state_of
from beamwright.transport import interact

_DAY = 86_400.0
_MOST_LINES = 9999


def status(fleet: Fleet, hosts: Sequence[Host], connect: Connect | None = None) -> tuple[HostState, ...]:
    """How the hosts are; one that can't be reached is told as such, not raised."""
    with Crew(fleet, hosts, connect) as crew:
        return state_of(crew)


def facts(fleet: Fleet, hosts: Sequence[Host], connect: Connect | None = None) -> dict[str, HostFacts]:
    """All that is known of the hosts; UnreachableError names those that can't be asked."""
    with Crew(fleet, hosts, connect) as crew:
        return crew.look_at_all()


def demand_deployed(fleet: Fleet, hosts: Sequence[Host], connect: Connect | None = None) -> None:
    """VerifyError names hosts that no release is in use on, UnreachableError those that can't be asked."""
    name, found = fleet.project.name, facts(fleet, hosts, connect)
    bare = [host for host, there in found.items() if not there.apps.get(name, App()).current]
    if bare:
        raise VerifyError(
            f"nothing is deployed on {', '.join(bare)}: there is nothing to verify",
            hint="beamwright deploy; --hosts chooses those that are to be looked at",
        )


def reach(
    fleet: Fleet, hosts: Sequence[Host], connect: Connect | None = None
) -> Iterator[tuple[str, BeamwrightError | None]]:
    """Whether each of the hosts can be worked with: what is well, or else what is wrong with it.

    Where the fleet runs images, a host that answers is asked for podman too.
    """
    with Crew(fleet, hosts, connect) as crew:

        def look(host: Host) -> tuple[str, ...]:
            crew.look(host)
            return podman.faults(crew, host)

        for name, answer in crew.each(look).items():
            if isinstance(answer, BeamwrightError):
                yield f"{name} answers, and its key is known", answer
                continue
            yield f"{name} answers, and its key is known", None
            if podman.programs(fleet):
                lack = ConfigError(f"{name}: {', '.join(answer)}", hint=podman.hint(fleet))
                yield f"{name} can run images", lack if answer else None


def open_to_root(fleet: Fleet, hosts: Sequence[Host], connect: Connect | None = None) -> frozenset[str]:
    """The names of the hosts where the user may do everything as root; the others allow the helper alone."""
    with Crew(fleet, hosts, connect) as crew:
        may = all_of(crew.each(lambda host: crew.targets[host.name].run(crew.helper.as_root("true")).ok))
    return frozenset(name for name, everything in may.items() if everything)


def logs(
    fleet: Fleet,
    hosts: Sequence[Host],
    on_line: Callable[[str, str], None],
    *,
    lines: int = 50,
    follow: bool = False,
    sidecar: bool = False,
    node: Node | None = None,
    connect: Connect | None = None,
) -> None:
    """Tells `on_line(host, line)` the last lines of the nodes of the hosts, of one node, or of sidecars.

    With `follow` it goes on with what comes, from all hosts at once, for a day at most.
    """
    if not 1 <= lines <= _MOST_LINES:
        raise ConfigError(f"{lines} lines are not between 1 and {_MOST_LINES}")
    if sidecar and not fleet.sidecar.enabled:
        raise ConfigError(
            f"{fleet.path}: the fleet has no sidecar", hint="logs of its nodes: beamwright logs"
        )
    app = SIDECAR if sidecar else fleet.project.name

    def read(host: Host) -> Result:
        units = units_of(fleet, host, app)
        if node and not sidecar:
            units = (node_unit(fleet, node.number),)
        call = crew.helper.call("log", app, str(lines), "follow" if follow else "last", *units)
        timeout = _DAY if follow else 60.0
        target = crew.targets[host.name]
        return crew.demand(
            host, target.run(call, timeout=timeout, on_line=lambda line: on_line(host.name, line))
        )

    with Crew(fleet, hosts, connect) as crew:
        all_of(crew.each(read, endless=follow))


def rpc(fleet: Fleet, name: str, expression: str, connect: Connect | None = None) -> Result:
    """What the expression gives on the node; exit codes as in beamwright_rpc: 0 value, 1 error, 4 no node."""
    host, node = find_node(fleet, name)
    with Crew(fleet, (host,), connect) as crew:
        call = crew.helper.call("rpc", fleet.project.name, str(node.number))
        return crew.targets[host.name].run(
            Command(call.argv, expression.encode("utf-8", "surrogateescape")), timeout=90.0
        )


def console(fleet: Fleet, name: str, terminal: str = "xterm") -> int:
    """A shell of the node on this terminal, which is of the kind TERM names; its exit code."""
    host, node = find_node(fleet, name)
    target = over_ssh(fleet)(host)
    try:
        return interact(
            target, helper_of(fleet, (host,)).call("console", fleet.project.name, str(node.number)), terminal
        )
    finally:
        target.close()


def release_lock(fleet: Fleet, hosts: Sequence[Host], connect: Connect | None = None) -> None:
    """Takes the lock of the hosts away, whoever holds it."""
    with Crew(fleet, hosts, connect) as crew:
        all_of(crew.each(lambda host: crew.run(host, crew.helper.call("release-lock", fleet.project.name))))


def find_node(fleet: Fleet, name: str) -> tuple[Host, Node]:
    """The node of that name, such as courier1@ams1; ConfigError when the fleet has none."""
    for host in fleet.hosts:
        for node in host.nodes:
            if node.name == name:
                return host, node
    known = ", ".join(node.name for host in fleet.hosts[:3] for node in host.nodes)
    raise ConfigError(f"the fleet has no node {name}", hint=f"its nodes are called {known} …")
