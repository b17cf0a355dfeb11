"""The whole road on real parts: what the fleet shows, how it is rolled, and how it goes back."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import docker
import pytest
from docker.models.containers import Container

from tests.road import Road, get

pytestmark = [pytest.mark.e2e, pytest.mark.docker]


def test_status_shows_one_cluster(road: Road) -> None:
    hosts = road.json("status")["hosts"]
    assert [(host["name"], host["reachable"]) for host in hosts] == [("ams1", True), ("ams2", True)]
    nodes = [node for host in hosts for node in host["nodes"]]
    assert [node["name"] for node in nodes] == [
        "courier1@ams1",
        "courier2@ams1",
        "courier1@ams2",
        "courier2@ams2",
    ]
    assert {(node["ready"], node["version"], node["peers"]) for node in nodes} == {(True, "0.1.0", 3)}
    assert [(host["sidecar"]["state"], host["sidecar"]["members"]) for host in hosts] == [("active", 2)] * 2


def test_verify_passes(road: Road) -> None:
    verdict = road.json("verify")
    assert verdict["ok"] and verdict["passed"] > 20 and not verdict["failures"]


def test_a_check_of_ones_own_counts(road: Road) -> None:
    checks = road.folder / "checks"
    checks.mkdir()
    own = 'def test_only_the_first(host, declared):\n    assert declared.name == "ams1"\n'
    (checks / "test_own.py").write_text(own, "utf-8")
    fleet = road.folder / "fleet.toml"
    text = fleet.read_text("utf-8")
    try:
        fleet.write_text(f'{text}\n[verify]\nchecks = "checks"\n', "utf-8")
        verdict = road.json("verify", code=8)
    finally:
        fleet.write_text(text, "utf-8")
    assert [failure["check"] for failure in verdict["failures"]] == ["test_only_the_first[ssh://ams2]"]


def test_a_second_deploy_changes_nothing(road: Road) -> None:
    outcome = road.json("deploy", "--yes")
    assert outcome["outcome"] == "unchanged"
    assert {(host["outcome"], host["bytes_sent"]) for host in outcome["hosts"]} == {("unchanged", 0)}
    assert not road.json("plan")["changes"]


def test_a_secret_that_others_can_read_is_refused_here_and_put_right_there(road: Road) -> None:
    cookie, there = road.fleet.cookie, "/etc/beamwright/courier/secrets/cookie"
    cookie.chmod(0o644)
    try:
        told = [road.invoke(*words, code=2).stderr for words in (("deploy", "--yes"), ("doctor",))]
    finally:
        cookie.chmod(0o600)
    assert [f"chmod 600 {cookie}" in each for each in told] == [True, True], told
    road.invoke("doctor")
    road.ssh("ams1", f"sudo chmod 0444 {there}")
    road.ssh("ams2", f"sudo chown nobody {there}")
    verdict = road.json("verify", "--hosts", "ams1", code=8)
    assert "test_only_root_reads_the_secrets" in {
        failure["check"].partition("[")[0] for failure in verdict["failures"]
    }
    since = road.ssh("ams1", "systemctl show --value -p ActiveEnterTimestamp courier@1")
    assert road.json("deploy", "--yes")["outcome"] == "deployed"
    for host in ("ams1", "ams2"):
        assert road.ssh(host, f"sudo stat -c '%a %U' {there}") == "400 root\n"
    assert road.ssh("ams1", "systemctl show --value -p ActiveEnterTimestamp courier@1") == since


def test_parcels_go_through_the_sidecar(road: Road) -> None:
    before = sum(get(url)["consumed"] for url in road.urls("/parcels"))
    for url in road.urls("/parcels"):
        get(url, b"")
    deadline = time.monotonic() + 20
    while sum(get(url)["consumed"] for url in road.urls("/parcels")) < before + 4:
        assert time.monotonic() < deadline, [get(url) for url in road.urls("/parcels")]
        time.sleep(0.2)


def test_rpc_asks_a_running_node(road: Road) -> None:
    assert road.invoke("rpc", "courier1@ams1", "length(Node.list())").stdout.strip() == "3"
    assert "ArithmeticError" in road.invoke("rpc", "courier1@ams1", "1 / 0", code=1).stderr


class Hammer:
    """Clients of every node: counts what was acknowledged, and how many nodes were ready at each look."""

    def __init__(self, road: Road) -> None:
        self.acknowledged = 0
        self.ready: Counter[int] = Counter()
        self._health, self._counters = road.urls("/healthz"), road.urls("/counter")
        self._stop, self._lock = threading.Event(), threading.Lock()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Hammers while the block runs."""
        threads = [threading.Thread(target=self._raise, args=(url,)) for url in self._counters]
        threads.append(threading.Thread(target=self._look))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _raise(self, url: str) -> None:
        while not self._stop.wait(0.02):
            try:
                get(url, b"")
            except OSError:
                continue
            with self._lock:
                self.acknowledged += 1

    def _look(self) -> None:
        # All at once: one after the other, a slow answer would mix two moments into one that never was.
        with ThreadPoolExecutor(len(self._health)) as pool:
            while not self._stop.wait(0.05):
                self.ready[sum(pool.map(_answers, self._health))] += 1


def _answers(url: str) -> bool:
    try:
        get(url)
    except OSError:
        return False
    return True


def moment(road: Road, host: str, unit: str, what: str) -> float:
    """When the unit did that last, in seconds by the clock that all container hosts share."""
    return int(road.ssh(host, f"systemctl show --value -p {what}TimestampMonotonic {unit}")) / 1e6


def test_a_rolling_restart_keeps_three_of_four_nodes_and_every_count(road: Road) -> None:
    before = get(road.urls("/counter")[0])["value"]
    hammer, slowly = Hammer(road), "soak_seconds = 3\npause_seconds = 4"
    road.edit("fleet.toml", "soak_seconds = 1", slowly)
    try:
        with hammer.at_work():
            road.invoke("restart", "--yes")
    finally:
        road.edit("fleet.toml", slowly, "soak_seconds = 1")
    after = {get(url)["value"] for url in road.urls("/counter")}
    assert min(hammer.ready) >= 3, hammer.ready
    # A request that was cut off may have been counted without its acknowledgement; none may be lost.
    assert len(after) == 1 and after.pop() - before >= hammer.acknowledged > 100
    # The first host was healthy for as long as it has to be, and then came the pause.
    assert (
        moment(road, "ams2", "courier@1", "ActiveExit") - moment(road, "ams1", "courier@2", "ActiveEnter")
        >= 7
    )


def test_a_new_release_and_back_again(road: Road) -> None:
    road.release("0.1.1")
    assert {host["to"].rpartition("-")[0] for host in road.json("deploy", "--yes")["hosts"]} == {"0.1.1"}
    assert {get(url)["vsn"] for url in road.urls("/version")} == {"0.1.1"}
    road.invoke("rollback", "--yes")
    assert {get(url)["vsn"] for url in road.urls("/version")} == {"0.1.0"}


def test_a_release_that_crashes_at_start_goes_back_by_itself(road: Road) -> None:
    start = "def start(_type, _args) do\n"
    file = "courier/lib/courier/application.ex"
    road.edit(file, start, f'{start}    raise "the parcels fell off the van"\n')
    try:
        road.release("0.1.2")
        result = road.invoke("deploy", "--yes", code=6)
    finally:
        road.edit(file, '    raise "the parcels fell off the van"\n', "")
    assert "the parcels fell off the van" in result.stderr
    assert {get(url)["vsn"] for url in road.urls("/version")} == {"0.1.0"}
    hosts = road.json("status")["hosts"]
    assert {node["ready"] for host in hosts for node in host["nodes"]} == {True}
    assert {host["release"].rpartition("-")[0] for host in hosts} == {"0.1.0"}


def test_the_image_runs_under_podman_on_a_host_and_stops_cleanly(road: Road) -> None:
    image, name = road.folder / "dist/courier-0.1.0/courier-0.1.0.oci.tar", road.fleet.hosts[0].name
    road.ssh(name, "cat > /tmp/courier.oci.tar", image.read_bytes())
    loaded = road.ssh(name, "sudo podman load --quiet --input /tmp/courier.oci.tar").strip()
    reference = loaded.rpartition(" ")[2]
    flags = "--detach --name try --network=host --cgroups=disabled --env HTTP_PORT=18080"
    try:
        road.ssh(name, f"sudo podman run {flags} {reference}")
        url = f"http://{road.fleet.hosts[0].where()}:18080/healthz"
        deadline = time.monotonic() + 30
        while not _answers(url):
            assert time.monotonic() < deadline, road.ssh(name, "sudo podman logs try 2>&1")
            time.sleep(0.2)
        road.ssh(name, "sudo podman stop --time 20 try")
        assert road.ssh(name, "sudo podman inspect --format '{{.State.ExitCode}}' try").strip() == "0"
    finally:
        road.ssh(name, "sudo podman rm --force try")


@contextmanager
def unplugged(road: Road, name: str) -> Iterator[None]:
    """The host is down while the block runs."""
    client = docker.from_env()
    found = [c for c in client.containers.list() if _address(c) == _host_address(road, name)]
    found[0].pause()
    try:
        yield
    finally:
        found[0].unpause()
        client.close()


def _address(container: Container) -> str:
    networks = container.attrs["NetworkSettings"]["Networks"].values()
    return str(next(iter(networks))["IPAddress"])


def _host_address(road: Road, name: str) -> str:
    return next(host.where() for host in road.fleet.hosts if host.name == name)


def test_a_host_that_is_down_ends_the_deploy_before_anything_changes(road: Road) -> None:
    road.release("0.1.3")
    with unplugged(road, "ams2"):
        result = road.invoke("deploy", "--yes", code=4)
        assert "ams2" in result.stderr
        first = road.urls("/version")[:2]
        assert {get(url)["vsn"] for url in first} == {"0.1.0"}
