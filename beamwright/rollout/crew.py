"""The hosts at work: a connection to each, and many asked at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

from beamwright.command import Command, Result
from beamwright.errors import BeamwrightError, NoAnswerError, UnreachableError
from beamwright.fleet import Fleet, Host
from beamwright.rollout.facts import HostFacts, parse_facts
from beamwright.rollout.goal import apps_of
from beamwright.rollout.helper import ABSENT, Helper, helper_of
from beamwright.rollout.patience import telling_of
from beamwright.transport import Dialer, KnownHosts, SshTarget, Target, UserConfig

Connect = Callable[[Host], Target]
T = TypeVar("T")

# More at a time gain nothing: the deployer's one core does the cryptography.
AT_ONCE = 32
_TRIES = 3


def over_ssh(fleet: Fleet) -> Callable[[Host], SshTarget]:
    """Connects as fleet.toml says, else as ~/.ssh/config does; both and known_hosts are read once."""
    config = UserConfig()
    dialer = Dialer(KnownHosts(fleet.ssh.known_hosts), float(fleet.ssh.connect_seconds))
    return lambda host: SshTarget(host.name, config.route(*fleet.place(host)), dialer)


class Crew:
    """The hosts of one command; connections last until the `with` block ends.

    `left_out` are hosts that it goes on without, since they do not answer. `fences` has the number of the
    lease that is held on each host, `lost` why one is held no longer; both are kept by `locked`. `closed`:
    nobody waits for the hosts any more.
    """

    def __init__(self, fleet: Fleet, hosts: Iterable[Host], connect: Connect | None = None) -> None:
        connect = connect or over_ssh(fleet)
        self.fleet, self.hosts = fleet, tuple(hosts)
        self.helper: Helper = helper_of(fleet, self.hosts)
        self.targets: Mapping[str, Target] = {host.name: connect(host) for host in self.hosts}
        self.fences, self.lost, self.closed = dict[str, int](), dict[str, str](), False
        self.left_out: dict[str, NoAnswerError] = {}

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connections, and with UnreachableError what waits on one; a next command connects anew."""
        self.closed = True
        for target in self.targets.values():
            target.close()

    def each(
        self, ask: Callable[[Host], T], hosts: Iterable[Host] | None = None, endless: bool = False
    ) -> dict[str, T | BeamwrightError]:
        """Asks the hosts at once: host's name → its answer, or the error that it ended with.

        Ctrl-C waits for the answers that are on their way, unless these are `endless`. Hosts that take
        long are named in the log.
        """
        chosen = tuple(self.hosts if hosts is None else hosts)
        awaited = {} if endless else dict.fromkeys(host.name for host in chosen)

        def answer(host: Host) -> T | BeamwrightError:
            try:
                return ask(host)
            except BeamwrightError as error:
                return error
            finally:
                awaited.pop(host.name, None)

        with telling_of(awaited), ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                return dict(zip((host.name for host in chosen), pool.map(answer, chosen), strict=True))
            except KeyboardInterrupt:
                if endless:
                    self.close()
                raise

    def run(self, host: Host, command: Command, timeout: float = 60.0) -> Result:
        """Runs a command that has to succeed; UnreachableError with what it printed when it does not."""
        return self.demand(host, self.targets[host.name].run(command, timeout=timeout))

    def ask_again(self, host: str, command: Command, seconds: float, lost: UnreachableError) -> Result:
        """The answer to a look, once a host whose connection was lost is back; `lost` when it does not come.

        So many times as a host may take to answer, it may take to come back.
        """
        back_by, pause = time.monotonic() + _TRIES * self.fleet.ssh.connect_seconds, 0.2
        while not self.closed and (left := back_by - time.monotonic()) > 0:
            try:
                return self.targets[host].run(command, timeout=max(left, seconds))
            except UnreachableError:
                time.sleep(min(pause, left))
                pause *= 2
        raise lost

    def demand(self, host: Host, result: Result) -> Result:
        """The result, when it is a good one; else UnreachableError with what was printed."""
        if not result.ok:
            raise UnreachableError(
                f"{host.name}: exit code {result.exit_code} of: {_short(result.command)}",
                hint="the user of fleet.toml's ssh.user has to be root, or `sudo -n` has to let it be: "
                "root puts the helper and a line for sudo there with beamwright bootstrap --login USER",
                detail=result.tail(),
            )
        return result

    def look(self, host: Host) -> HostFacts:
        """The facts of a host, in one call."""
        apps = apps_of(self.fleet)
        result = self.targets[host.name].run(self.helper.look(*apps))
        if result.exit_code == ABSENT:
            result = self.targets[host.name].run(self.helper.look_without(*apps))
        self.demand(host, result)
        try:
            return parse_facts(result.stdout)
        except ValueError as exc:
            raise UnreachableError(f"{host.name}: no facts: {exc}", detail=result.tail()) from exc

    def look_at_all(
        self, hosts: Iterable[Host] | None = None, skip_down: bool = False
    ) -> dict[str, HostFacts]:
        """The facts of every host; UnreachableError names those that can't be had.

        With `skip_down` the crew goes on without hosts that do not answer, as long as one does.
        """
        found = self.each(self.look, hosts)
        down = {name: answer for name, answer in found.items() if isinstance(answer, NoAnswerError)}
        if skip_down and len(down) < len(found):
            self.left_out |= down
            self.hosts = tuple(host for host in self.hosts if host.name not in down)
            found = {name: answer for name, answer in found.items() if name not in down}
        return all_of(found)


def all_of(answers: Mapping[str, T | BeamwrightError]) -> dict[str, T]:
    """The answers, when there is no error among them; else one UnreachableError with all of them."""
    errors = [answer for answer in answers.values() if isinstance(answer, BeamwrightError)]
    if len(errors) == 1:
        raise errors[0]
    if errors:
        names = ", ".join(name for name, answer in answers.items() if isinstance(answer, BeamwrightError))
        raise UnreachableError(
            f"{len(errors)} hosts are unreachable: {names}",
            hint=_hints(errors),
            detail="\n".join(error.message for error in errors),
        )
    return {name: answer for name, answer in answers.items() if not isinstance(answer, BeamwrightError)}


def _hints(errors: Iterable[BeamwrightError]) -> str:
    """How to mend each, a line each; of the hosts that do not answer the first stands for all."""
    silent, others = list[str](), list[str]()
    for error in errors:
        (silent if isinstance(error, NoAnswerError) else others).append(error.hint)
    return "\n".join(dict.fromkeys(hint for hint in (*others, *silent[:1]) if hint))


def _short(command: Command) -> str:
    """The command without the scripts in it."""
    return " ".join(str(word) for word in command.argv if "\n" not in str(word))
