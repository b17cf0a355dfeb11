"""Pushing to a real registry: what is sent, who may, and what each thing that goes wrong is called."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from beamwright.artifact.image import Image
from beamwright.artifact.layers import APPLICATION, LIBC, Layer
from beamwright.artifact.manifest import Entry
from beamwright.artifact.oci import write_layout
from beamwright.artifact.push import Pushed, locate, neighbour, push
from beamwright.artifact.report import Part, Report, Shipped
from beamwright.artifact.store import Store
from beamwright.command import Secret
from beamwright.errors import BeamwrightError, BuildError, ConfigError, UnreachableError
from beamwright.transport import Registry
from tests.contract import registries
from tests.contract.registries import PASSWORD, USER, Running

LOGIN = (USER, Secret(PASSWORD))

Login = tuple[str, Secret]
Build = Callable[[str], Report]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("registry")
    with registries.registry(folder, registries.certify(folder)) as running:
        yield running


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Makes an image of two layers: a library that stays, and an application that holds the text."""

    def make(text: str) -> Report:
        tree, folder = tmp_path / "tree", tmp_path / hashlib.sha256(text.encode()).hexdigest()
        tree.mkdir(exist_ok=True)
        layers = []
        for name, content in ((LIBC, b"library" * 100_000), (APPLICATION, text.encode())):
            (tree / name).write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            layers.append(Layer(name, (Entry(name, "0644", "f", len(content), digest),)))
        blobs = Store(tmp_path / "store").blobs(tree, layers, ["zstd"], 7)["zstd"]
        image = Image("courier", "1.0+b", "amd64", ("x",), (), (), 7)
        digest = write_layout(
            folder / "oci", image, image.config(layers, [blob.diff_id for blob in blobs]), blobs
        )
        parts = tuple(Part(layer.name, layer.unpacked_bytes) for layer in layers)
        shipped = (Shipped("oci", "courier.oci.tar", digest, 1, 1),)
        return Report("courier", "1.0+b", "d" * 64, folder, shipped, parts, (), ())

    return make


def send(
    running: Running, report: Report, repository: str, login: tuple[str, Secret] | None = LOGIN
) -> Pushed:
    with Registry(running.host, repository, login, running.ca) as registry:
        reference = locate(f"{running.host}/{repository}", "", report.version)
        return push(report, registry, reference, lambda _: None)


def test_a_registry_is_sent_what_it_lacks_and_shows_the_digest_of_the_report(
    running: Running, build: Build
) -> None:
    first, second = build("one"), build("two")
    pushed = send(running, first, "team/courier")
    assert all(blob.sent == blob.bytes for blob in pushed.blobs)
    assert (str(pushed.reference), pushed.digest) == (
        f"{running.host}/team/courier:1.0_b",
        first.artifacts[0].digest,
    )
    with Registry(running.host, "team/courier", LOGIN, running.ca) as registry:
        assert registry.manifest_digest("1.0_b") == first.artifacts[0].digest
    assert [blob.sent for blob in send(running, first, "team/courier").blobs] == [0, 0, 0]
    again = send(running, second, "team/courier")
    assert [blob.name for blob in again.blobs if blob.sent] == [APPLICATION, "configuration of the image"]
    assert again.as_json()["bytes_sent"] == sum(blob.bytes for blob in again.blobs[1:])


def test_a_registry_takes_blobs_from_the_repository_beside_it(running: Running, build: Build) -> None:
    report = build("beside")
    send(running, report, "beside/one")
    reference = locate(f"{running.host}/beside/two", "", report.version)
    beside = neighbour(f"{running.host}/beside/one", reference)
    with Registry(running.host, "beside/two", LOGIN, running.ca, elsewhere=beside) as registry:
        assert [blob.sent for blob in push(report, registry, reference, lambda _: None).blobs] == [0, 0, 0]
        assert registry.manifest_digest("1.0_b") == report.artifacts[0].digest


def test_a_token_service_that_the_registry_names_is_asked(tmp_path: Path, build: Build) -> None:
    certificate = registries.certify(tmp_path)
    with (
        registries.token_service(certificate) as address,
        registries.registry(tmp_path, certificate, address) as running,
    ):
        report = build("token")
        assert send(running, report, "courier").digest == report.artifacts[0].digest
        with pytest.raises(UnreachableError, match="refuses the login"):
            send(running, report, "courier", (USER, Secret("wrong")))


def test_other_tools_read_what_was_pushed(running: Running, build: Build, tmp_path: Path) -> None:
    if shutil.which("skopeo") is None:
        pytest.skip("skopeo is not installed here: `script/setup` installs it")
    pushed = send(running, build("skopeo"), "skopeo")
    (tmp_path / "certs").mkdir()
    shutil.copy(running.ca, tmp_path / "certs/ca.crt")
    (tmp_path / "auth.json").write_text(json.dumps({"auths": {running.host: {"auth": _basic()}}}))
    seen = subprocess.run(
        (
            *("skopeo", "inspect", "--authfile", tmp_path / "auth.json"),
            *("--cert-dir", tmp_path / "certs", f"docker://{pushed.reference}"),
        ),
        capture_output=True,
        check=True,
    )
    assert json.loads(seen.stdout)["Digest"] == pushed.digest


def _basic() -> str:
    return base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


@pytest.mark.parametrize(
    ("host", "repository", "login", "ca", "insecure", "kind", "told"),
    [
        ("", "c", (USER, Secret("wrong")), True, False, UnreachableError, "refuses the login"),
        ("", "c", None, True, False, UnreachableError, "refuses the login"),
        ("", "c", LOGIN, False, False, UnreachableError, "certificate is not trusted"),
        ("", "c", LOGIN, True, True, ConfigError, "does not take"),
        ("", "Not/A/Name", LOGIN, True, False, ConfigError, "does not take"),
        ("127.0.0.1:1", "c", LOGIN, True, False, UnreachableError, "does not answer"),
        ("nowhere.invalid", "c", LOGIN, True, False, UnreachableError, "does not answer"),
    ],
    ids=["password", "nobody", "certificate", "no TLS", "name", "nobody listens", "no such host"],
)
def test_what_goes_wrong_is_one_clear_error(
    running: Running,
    build: Build,
    host: str,
    repository: str,
    login: Login | None,
    ca: bool,
    insecure: bool,
    kind: type[BeamwrightError],
    told: str,
) -> None:
    report, reference = build("wrong"), locate("r.example/c", "", "1")
    with (
        Registry(host or running.host, repository, login, running.ca if ca else None, insecure) as registry,
        pytest.raises(kind, match=told) as caught,
    ):
        push(report, registry, reference, lambda _: None)
    assert PASSWORD not in caught.value.message + caught.value.detail + caught.value.hint


def test_a_layer_that_was_damaged_is_not_sent(running: Running, build: Build) -> None:
    report = build("damaged")
    for path in (report.folder / "oci/blobs/sha256").iterdir():
        if path.name not in report.artifacts[0].digest:
            path.write_bytes(b"rot")
    with pytest.raises(BuildError, match="damaged"):
        send(running, report, "damaged")


def test_the_password_is_nowhere_in_what_the_registry_logs(running: Running) -> None:
    assert "/v2/" in running.log.read_text()
    assert PASSWORD not in running.log.read_text()
