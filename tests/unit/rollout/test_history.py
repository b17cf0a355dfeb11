"""What a journal tells."""

from __future__ import annotations

from beamwright import rollout
from beamwright.rollout.history import parse_journal
from tests.unit.rollout.memory import MemoryFleet

JOURNAL = """\
2026-01-01T10:00:00Z 7 ann@laptop began rolling 0.2.0
2026-01-01T10:00:01Z 7 ann@laptop staged 0.2.0-b
2026-01-01T10:00:02Z 7 ann@laptop switched to 0.2.0-b from 0.1.0-a
2026-01-01T10:00:09Z 7 ann@laptop reverted to 0.1.0-a
2026-01-01T10:00:10Z 7 ann@laptop ended rolled back: courier1@ams1 crashed
2026-01-01T11:00:00Z 8 bob@desk began restart
2026-01-01T11:10:00Z 0 host not confirmed in time: going back
2026-01-01T11:10:01Z 0 host reverted to 0.1.0-a
2026-01-
"""


def test_what_was_done_under_a_lease_is_one_deed() -> None:
    first, second, own = parse_journal("ams1", JOURNAL)
    assert (first.who, first.what, first.outcome) == (
        "ann@laptop",
        "rolling 0.2.0",
        "rolled back: courier1@ams1 crashed",
    )
    assert (first.began, first.ended) == ("2026-01-01T10:00:00Z", "2026-01-01T10:00:10Z")
    assert (first.before, first.after) == ("0.1.0-a", "0.1.0-a")
    assert (second.who, second.outcome, second.ended, second.before) == ("bob@desk", "not ended", "", "")
    assert (own.who, own.outcome, own.after) == ("host", "reverted to 0.1.0-a", "0.1.0-a")
    assert first.as_json()["steps"] == [
        "staged 0.2.0-b",
        "switched to 0.2.0-b from 0.1.0-a",
        "reverted to 0.1.0-a",
    ]


def test_hosts_that_answer_tell_theirs_where_another_is_down(deployed: MemoryFleet) -> None:
    deployed.hosts["ams2"].down = True
    deeds, errors = rollout.history(deployed.fleet, deployed.fleet.hosts, deployed.connect)
    assert [(deed.host, deed.what) for deed in deeds] == [("ams1", "rolling for ams1")]
    assert {host: error.message for host, error in errors.items()} == {"ams2": "ams2: no connection"}
