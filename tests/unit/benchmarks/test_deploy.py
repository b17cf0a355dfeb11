"""The benchmark of deploys without its hosts: the arithmetic, the peers' files, the fleets, the tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from beamwright import fleet
from beamwright.artifact import Artifact
from beamwright.artifact.manifest import Manifest
from beamwright.errors import BuildError, ConfigError, UnreachableError
from benchmarks.deploy import NOTES, PEERS
from benchmarks.harness import beamwright, crowd
from benchmarks.harness.figures import spread
from benchmarks.harness.hosts import PORTS, Hosts
from benchmarks.harness.link import uplink
from benchmarks.harness.marks import Deed, covered
from benchmarks.harness.rollouts import Change, Rollouts, figures
from benchmarks.harness.rounds import of_all, rotated, turns
from benchmarks.peers.site import Place, Release, Site, call

FOUND = Rollouts(
    runs=2,
    changes=(
        Change(
            "over a wire",
            10,
            {
                "Beamwright": (Deed(6.0, 4.0, 28_000), Deed(8.0, 6.0, 30_000)),
                "Ansible": (Deed(14.0, 4.0, 7_500_000), Deed(18.0, 4.0, 7_500_000)),
                "pyinfra": (),
            },
        ),
    ),
    unchanged_hosts=50,
    unchanged=spread([3.0, 4.0]),
    round_trip=spread([2.0, 2.0]),
    facts_hosts=100,
    facts={"Beamwright": spread([2.0]), "pyinfra": spread([5.0]), "Ansible": None},
    memory_hosts=200,
    memory_bytes=91_000_000,
    decide={"read": spread([0.25]), "all": spread([1.25])},
)


@pytest.mark.parametrize(
    ("spans", "seconds"),
    [([], 0), ([(1, 3)], 2), ([(1, 3), (2, 5)], 4), ([(4, 5), (1, 2)], 2), ([(1, 9), (2, 3)], 8)],
)
def test_restarts_that_overlap_count_once(spans: list[tuple[float, float]], seconds: float) -> None:
    assert covered(spans) == seconds


def test_the_tables() -> None:
    change, many = figures(FOUND, NOTES).tables
    assert [row[1:] for row in change.rows] == [
        (
            "**29** (≤ 100)",
            "7.00 (6.00 to 8.00)",
            "5.00 (4.00 to 6.00)",
            "2.00 (2.00 to 2.00)",
            "",
        ),
        (
            "7,500",
            "16.00 (14.00 to 18.00)",
            "4.00 (4.00 to 4.00)",
            "12.00 (10.00 to 14.00)",
            "**6.0** (≥ 5)",
        ),
        ("failed", "", "", "", ""),
    ]
    assert ("facts of 100 sshds, Ansible, s", "", "did not reach all") in many.rows
    assert [row[2] for row in many.rows if row[2].startswith("**")] == [
        "**1.8**",
        "**91**",
        "**1.25 (1.25 to 1.25)**",
    ]
    assert figures(FOUND, NOTES).short.rows == (
        ("kB sent to a host", "29", "7,500"),
        ("seconds but for the restarts, over a wire", "2.0", "12.0"),
    )


def test_a_peer_that_fails_is_told_with_what_it_printed(tmp_path: Path) -> None:
    site = Site(tmp_path, (Place("nowhere", "127.0.0.1", 1),), tmp_path / "key", tmp_path / "known", tmp_path)
    release = Release("r1", tmp_path / "no.tar.gz", tmp_path)
    loop = next(peer for peer in PEERS if peer.name == "loop")
    with pytest.raises(UnreachableError) as failed:
        loop.deploy(site, release)
    assert "127.0.0.1" in failed.value.detail
    with pytest.raises(UnreachableError):
        loop.facts(site)
    call(site, ("sh", "-n", str(tmp_path / "deploy.sh")))


def test_a_peer_that_fails_ends_nothing_and_has_no_figures() -> None:
    def fail() -> int:
        raise UnreachableError("ansible failed", detail="a1 | UNREACHABLE!")

    told = list[str]()
    first = turns({"Beamwright": lambda: 1, "Ansible": fail, "pyinfra": lambda: 3}, told.append)
    assert first == {"Beamwright": 1, "pyinfra": 3}
    assert told == ["Ansible: ansible failed\na1 | UNREACHABLE!"]
    rounds = [first, {"Beamwright": 4, "Ansible": 5, "pyinfra": 6}]
    assert of_all(rounds, "Ansible") == ()
    assert of_all(rounds, "pyinfra") == (3, 6)
    with pytest.raises(UnreachableError):
        turns({"Beamwright": fail}, told.append)


def test_every_tool_is_the_first_of_a_round() -> None:
    ways = {"Beamwright": 1, "Ansible": 2, "pyinfra": 3}
    rounds = [rotated(ways, number) for number in range(4)]
    assert [next(iter(each)) for each in rounds] == ["Beamwright", "Ansible", "pyinfra", "Beamwright"]
    assert rounds == [ways] * 4


def test_a_link_that_is_not_the_hosts_alone_is_left_as_it_is() -> None:
    with pytest.raises(ConfigError, match="not behind a bridge"), uplink("127.0.0.1", 100):
        pass


def test_every_peer_has_a_node_of_its_own() -> None:
    assert len({peer.number for peer in PEERS} | {1}) == len(PEERS) + 1


def test_every_sshd_can_be_a_host_of_a_fleet(tmp_path: Path) -> None:
    text = (
        '[project]\nname = "hello"\ntool = "rebar3"\n[ssh]\nkey = "id_ed25519"\n[sidecar]\nenabled = false\n'
    )
    text += '[clusters.a.hosts.a1]\naddress = "10.0.0.1"\n[clusters.a.hosts.a2]\naddress = "10.0.0.2"\n'
    (tmp_path / "fleet.toml").write_text(text)
    crowded = Hosts(tmp_path, tmp_path / "cache").crowd(PORTS)
    assert len({host.name for host in crowded.declared.hosts}) == 2 * len(PORTS)


def test_a_deploy_that_fails_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as failed:
        beamwright.deploy(tmp_path, tmp_path / "cache", "*")
    assert "fleet.toml" in failed.value.detail


def test_a_plan_on_paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "CLUSTERS", 2)
    monkeypatch.setattr(crowd, "HOSTS", 3)
    path = crowd.write(tmp_path / "paper", "hello")
    manifest = Manifest("hello", "0.1.0", "amd64", "15", "27", "2026-01-01T00:00:00Z", ())
    (tmp_path / "manifest.json").write_text(manifest.to_json())
    assert len(fleet.load(path).hosts) == 6
    made = Artifact("hello", "0.1.0", "0" * 64, "amd64", tmp_path, tmp_path / "hello.tar.gz", None)
    took = crowd.decide(path, made)
    assert set(took) == {"read", "render", "decide"}
