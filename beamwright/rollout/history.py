"""Who did what on a host, when, and how it ended: its journal, put together by leases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from beamwright.errors import BeamwrightError
from beamwright.fleet import Fleet, Host
from beamwright.rollout.crew import Connect, Crew


@dataclass(frozen=True)
class Deed:
    """What was done on a host under one lease, or by the host itself (`who` is then "host", `what` empty).

    `began` and `ended` are UTC (RFC 3339); `ended` is "" and `outcome` "not ended" while it goes on, or when
    the deployer died over it. `steps` are the lines of the journal in between.
    """

    host: str
    who: str
    what: str
    began: str
    ended: str = ""
    outcome: str = "not ended"
    steps: tuple[str, ...] = field(default=())

    @property
    def before(self) -> str:
        """The release that it found, - for none; "" when it moved nothing."""
        return self._move()[0]

    @property
    def after(self) -> str:
        """The release that it left; "" when it moved nothing."""
        return self._move()[1]

    def _move(self) -> tuple[str, str]:
        before = after = ""
        for step in self.steps:
            match step.split():
                case ["switched", "to", release, "from", earlier]:
                    before, after = before or earlier, release
                case ["reverted", "to", release]:
                    before, after = before or after, release
        return before, after

    def as_json(self) -> dict[str, object]:
        """The shape that `history --json` prints."""
        moved = {"from": self.before or None, "to": self.after or None}
        fields = {key: getattr(self, key) for key in ("host", "who", "what", "began", "ended", "outcome")}
        return {**fields, **moved, "steps": list(self.steps)}


def history(
    fleet: Fleet, hosts: Sequence[Host], connect: Connect | None = None
) -> tuple[tuple[Deed, ...], dict[str, BeamwrightError]]:
    """The deeds on the hosts that answer, the earliest first; and by name why the others can't be asked."""
    with Crew(fleet, hosts, connect) as crew:
        call = crew.helper.call("history", fleet.project.name)
        answers = crew.each(lambda host: crew.run(host, call).stdout)
    errors = {host: answer for host, answer in answers.items() if isinstance(answer, BeamwrightError)}
    journals = {host: answer for host, answer in answers.items() if isinstance(answer, str)}
    deeds = (deed for host, journal in journals.items() for deed in parse_journal(host, journal))
    return tuple(sorted(deeds, key=lambda deed: deed.began)), errors


def parse_journal(host: str, journal: str) -> tuple[Deed, ...]:
    """The deeds in a journal, whose lines are `time fence who text`; a line that is none is passed over."""
    deeds, key = dict[str, Deed](), ""
    for line in journal.splitlines():
        try:
            time, fence, who, text = line.split(" ", 3)
        except ValueError:  # cut off by a power cut
            continue
        # What the host does by itself has no fence: lines that follow each other are one deed.
        if fence != "0":
            key = fence
        elif not key.startswith("0 "):
            key = f"0 {time}"
        deed = deeds.get(key) or Deed(host, who, "", time)
        deeds[key] = _with(deed, time, text)
    return tuple(deeds.values())


def _with(deed: Deed, time: str, text: str) -> Deed:
    """The deed with one more line."""
    if text.startswith("began "):
        return replace(deed, what=text.removeprefix("began "))
    if text.startswith("ended"):
        return replace(deed, ended=time, outcome=text.removeprefix("ended").lstrip(": "))
    deed = replace(deed, steps=(*deed.steps, text))
    return replace(deed, ended=time, outcome=text) if deed.who == "host" else deed
