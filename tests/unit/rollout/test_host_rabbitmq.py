"""How the helper restarts RabbitMQ: drained before, at work again after, and by the release that runs."""

from __future__ import annotations

import pytest

from tests.unit.rollout.host import TOKEN, FolderHost

UNIT = "beamwright-rabbitmq.service"
# Notes the last word of RabbitMQ's programs, and the tree that they are run in. They fail where the root has
# a file that is called as that word.
SYSTEMD_RUN = """#!/bin/sh
tree=-
while [ "${1#-}" != "$1" ]; do
    case $1 in --property=BindReadOnlyPaths=*:/) tree=${1%:/} tree=${tree##*/} ;; esac
    shift
done
case $1 in */rabbitmq/bin/*) ;; *) exec @SHELL@ "$@" ;; esac
for word; do :; done
echo "$word in $tree" >>@ROOT@/calls
[ ! -e "@ROOT@/$word" ] || { echo "$word fails"; exit 69; }
"""


@pytest.fixture
def rabbitmq(host: FolderHost) -> FolderHost:
    """A host whose RabbitMQ runs 4.0.5-a, and shall run 4.0.6-b."""
    host.base = host.root / "opt/beamwright/rabbitmq"
    for release in ("4.0.5-a", "4.0.6-b"):
        (host.base / "releases" / release / "usr").mkdir(parents=True)
    (host.base / "current").symlink_to("releases/4.0.6-b")
    host.running("4.0.5-a")
    host.write("bin/systemd-run", SYSTEMD_RUN)
    host.fence = int(host.say("lock", "rabbitmq", TOKEN, "60", "ann@laptop", "rolling"))
    return host


def test_it_is_drained_before_it_stops_and_at_work_again_when_it_is_said_to_be(rabbitmq: FolderHost) -> None:
    rabbitmq.do("restart", "rabbitmq", UNIT)
    calls = [call for call in rabbitmq.calls() if " in " in call or call.startswith("systemctl restart")]
    assert calls == [
        "drain in 4.0.5-a",
        f"systemctl restart {UNIT}",
        "await_startup in current",
        "revive in current",
    ]


def test_one_that_can_not_be_drained_is_restarted_all_the_same(rabbitmq: FolderHost) -> None:
    (rabbitmq.root / "drain").touch()
    rabbitmq.do("restart", "rabbitmq", UNIT)
    assert f"systemctl restart {UNIT}" in rabbitmq.calls()
    assert f"1 ann@laptop could not drain {UNIT}" in (rabbitmq.base / "journal").read_text()


def test_one_that_does_not_come_to_work_again_has_failed(rabbitmq: FolderHost) -> None:
    (rabbitmq.root / "await_startup").touch()
    assert rabbitmq.attempt("restart", "rabbitmq", UNIT).returncode == 1


def test_whether_a_majority_needs_it(rabbitmq: FolderHost) -> None:
    assert rabbitmq.say("critical", "rabbitmq") == "0 \n"
    (rabbitmq.root / "check_if_node_is_quorum_critical").touch()
    said = "69 check_if_node_is_quorum_critical fails\n"
    assert rabbitmq.say("critical", "rabbitmq") == said
    (rabbitmq.root / "ping").touch()
    assert rabbitmq.say("critical", "rabbitmq") == "0 it does not answer\n"
