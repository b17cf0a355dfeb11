"""The helper's answers as facts."""

from __future__ import annotations

import pytest

from beamwright.rollout.facts import App, Lease, NodeStatus, Unit, parse_facts

STATUS = (
    '{"node":"courier1@a","version":"0.2.0","state":"ready","ready":true,'
    '"peers":1,"expected":2,"missing":["x=y"]}'
)
TEXT = f"""\
helper abc
arch x86_64
systemd 252
free_kb 1024
free_inodes 77
fence 7
lease -3 ann@laptop since 2026-01-01T00:00:00Z: rolling 0.2.0
app courier
current 0.2.0-b
previous 0.1.0-a
undo 0.1.0-a
release 0.1.0-a
release 0.2.0-b
failed 0.3.0-c
file f00d /etc/beamwright/courier/1.env
loose /etc/beamwright/courier/1.env
started courier@1.service beef /etc/beamwright/courier/1.env
show Id=courier@1.service
show ActiveState=active
show UnitFileState=enabled
show NRestarts=2
show Running=0.2.0-b
show StatusText={STATUS}
show {""}
app rabbitmq
current -
previous -
"""


def test_all_that_is_said() -> None:
    facts = parse_facts(TEXT)
    assert (facts.helper, facts.arch, facts.systemd, facts.free_kb) == ("abc", "x86_64", 252, 1024)
    assert facts.free_inodes == 77
    assert facts.lease == Lease("ann@laptop since 2026-01-01T00:00:00Z: rolling 0.2.0", -3)
    assert facts.lease.is_over
    assert facts.apps["rabbitmq"] == App()
    status = NodeStatus("0.2.0", "ready", True, 1, 2, ("x=y",))
    path = "/etc/beamwright/courier/1.env"
    assert facts.apps["courier"] == App(
        current="0.2.0-b",
        previous="0.1.0-a",
        before="0.1.0-a",
        unconfirmed=True,
        releases=("0.1.0-a", "0.2.0-b"),
        failed=("0.3.0-c",),
        files={path: "f00d"},
        loose=frozenset({path}),
        started={"courier@1.service": {path: "beef"}},
        units={"courier@1.service": Unit("courier@1.service", "active", True, 2, "0.2.0-b", status)},
    )


@pytest.mark.parametrize(
    "text", ["", "hello\n", "helper a\narch b\n", TEXT.replace("252", "what"), TEXT.replace("current ", "")]
)
def test_no_facts_is_one_error(text: str) -> None:
    with pytest.raises(ValueError):
        parse_facts(text)


@pytest.mark.parametrize("status", ["", "Initialized", "[]", "7", '{"version":"1"}', '{"peers":"x"}'])
def test_another_program_s_status_is_none(status: str) -> None:
    head = "helper -\narch a\nsystemd 252\nfree_kb 1\napp courier\ncurrent -\nprevious -\n"
    text = f"{head}show Id=u\nshow StatusText={status}\nshow \n"
    assert parse_facts(text).apps["courier"].units["u"].status is None
