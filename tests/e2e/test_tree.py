"""What works in a tree, whatever is left out of it: asked of a node that runs in an empty container.

The application of tests/e2e/probe has a NIF and a port program, and says what it sees.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from docker.models.containers import Container

from beamwright import artifact
from beamwright.artifact import Artifact
from beamwright.mount import Mount
from beamwright.release import elf, vm
from beamwright.release.start import release_env
from beamwright.toolchain import Engine
from beamwright.toolchain.container import starting
from beamwright.toolchain.scratch import IMAGE
from tests.projects import declare

pytestmark = pytest.mark.docker

PROBE = Path(__file__).with_name("probe")
BUNDLE = "etc/ssl/certs/ca-certificates.crt"
SECONDS = 30


@dataclass(frozen=True)
class Tree:
    """A tree as builds leave it, and how to run its node."""

    engine: Engine
    version: str
    folder: Path

    @contextmanager
    def running(
        self, act: str, *mounts: Mount, env: Mapping[str, str] | None = None, **options: Any
    ) -> Iterator[Container]:
        """The node in an empty container, as it is shipped; it does what `act` names."""
        version = self.version
        command = ["/app/bin/erlexec", "-args_file", f"/app/releases/{version}/node.args"]
        given = {"command": command, "user": "65532:65532", "network_mode": "none"} | options
        erts = next(self.folder.glob("app/erts-*")).name.removeprefix("erts-")
        environment = (
            dict(release_env("probe", version, erts)) | {"HOME": "/tmp", "PROBE": act} | dict(env or {})
        )
        own = tuple(mount for mount in vm.mounts(self.folder) if mount[1] not in {each[1] for each in mounts})
        memory: Mount = (None, "/tmp", True)
        with starting(
            self.engine.client, IMAGE, (*own, *mounts, memory), environment=environment, **given
        ) as started:
            yield started.result()

    def tell(self, act: str, *mounts: Mount, **options: Any) -> dict[str, Any]:
        """What the node says when it has done it."""
        with self.running(act, *mounts, **options) as node:
            assert node.wait(timeout=SECONDS)["StatusCode"] == 0, node.logs().decode()
            lines = node.logs().decode().splitlines()
        told: dict[str, Any] = json.loads(next(line for line in lines if line.startswith("{")))
        return told


@pytest.fixture(scope="module")
def tree(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """The probe's tree, with time zones."""
    folder = tmp_path_factory.mktemp("probe")
    project = f'name = "probe"\nsource = "{PROBE}"\ntool = "rebar3"'
    declared = declare(folder, project, "[artifact]\ntimezones = true")
    report = artifact.build(declared, engine, folder / "dist", ("tarball",), print)
    return Tree(engine, report.version, folder / ".beamwright/cache/probe/tree")


@pytest.fixture(scope="module")
def told(tree: Tree) -> dict[str, Any]:
    """What the node says of where it is; its time zone is Tokyo's."""
    return tree.tell("look", env={"TZ": "Asia/Tokyo"})


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("nif", 1.5),
        ("port", "said"),
        ("shell", ""),
        ("noon", "{{2026,7,1},{21,0,0}}"),
        ("hash", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("attribute", ["attributes", "stay"]),
        ("line", True),
        ("literal", 94),
        ("names", "utf8"),
        ("other", []),
        ("second", 42),
    ],
    ids=[
        *("a NIF", "a port program", "no shell", "time zones", "libcrypto", "attributes", "lines of traces"),
        *("literals", "a Unicode locale", "digests of modules", "another VM"),
    ],
)
def test_a_node_finds_all_that_it_needs(told: dict[str, Any], what: str, expected: object) -> None:
    assert told[what] == expected


def test_without_time_zones_a_node_has_utc(built_depot: Artifact) -> None:
    assert not [entry for entry in built_depot.manifest().entries if "zoneinfo" in entry.path]


def test_the_vm_has_no_padding(tree: Tree) -> None:
    emulator = next(tree.folder.glob("app/erts-*/bin/beam.smp"))
    found = elf.read(emulator)
    assert found is not None
    if found.architecture == "amd64":
        assert b"\0" * 0x100000 not in emulator.read_bytes()


def test_a_crash_dump_is_written_where_it_is_wanted(tree: Tree, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    env = {"ERL_CRASH_DUMP": "/dumps/crash", "ERL_CRASH_DUMP_SECONDS": "-1"}
    with tree.running("crash", (tmp_path, "/dumps", True), env=env) as node:
        assert node.wait(timeout=SECONDS)["StatusCode"] == 1
    dump = (tmp_path / "crash").read_text("utf-8", "replace")
    assert dump.startswith("=erl_crash_dump") and "on purpose" in dump and dump.rstrip().endswith("=end")


def test_a_shell_edits_lines_in_a_terminal(tree: Tree) -> None:
    start = ["/app/bin/erlexec", "-boot", f"/app/releases/{tree.version}/start_clean"]
    command = [*start, "-boot_var", "RELEASE_LIB", "/app/lib"]
    terminal = {"tty": True, "stdin_open": True, "command": command}
    with tree.running("", env={"TERM": "xterm"}, **terminal) as shell:
        shell.resize(24, 80)
        _await(shell, "Eshell")
        keys: Any = shell.attach_socket(params={"stdin": 1, "stream": 1})
        # The cursor goes back over the 2 and the bracket, a 4 comes before them, and a dot at the end.
        line = '"äöü" ++ integer_to_list(1000 + 2)\x1b[D\x1b[D4\x05.\r'
        # The SDK gives a socket that reads; the one in it writes as well.
        writing = keys._sock
        writing.sendall(line.encode())
        _await(shell, '"äöü1042"')
        keys._response.close()
        writing.close()


def test_a_server_is_found_by_libcs_resolver_and_trusted_by_the_bundle(tree: Tree, tmp_path: Path) -> None:
    authority = _certify(tmp_path)
    bundle = tmp_path / "bundle"
    bundle.write_bytes((tree.folder / BUNDLE).read_bytes() + authority)
    files = [(tmp_path / name, f"/{name}", False) for name in ("cert.pem", "key.pem")]
    with tree.running("serve", *files, user="0:0", network_mode="bridge") as server:
        _await(server, "serving")
        server.reload()
        there = {"network_mode": "bridge", "dns": [server.attrs["NetworkSettings"]["IPAddress"]]}
        assert tree.tell("connect", (bundle, f"/{BUNDLE}", False), **there) == {"outcome": "connected"}
        assert tree.tell("connect", **there) == {"outcome": "unknown_ca"}


def test_the_bundle_is_that_of_debian(told: dict[str, Any]) -> None:
    assert told["authorities"] > 100


def _await(node: Container, text: str) -> None:
    """Waits until the node has printed the text."""
    deadline = time.monotonic() + SECONDS
    while text not in node.logs().decode(errors="replace"):
        assert time.monotonic() < deadline, node.logs().decode(errors="replace")
        time.sleep(0.05)


def _certify(folder: Path) -> bytes:
    """Writes cert.pem and key.pem for server.test: the authority that signed it, as PEM."""
    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "an authority")])
    now = datetime.now(UTC)

    def sign(subject: str, key: ec.EllipticCurvePrivateKey, *extensions: x509.ExtensionType) -> bytes:
        certificate = x509.CertificateBuilder(
            issuer_name=name,
            subject_name=x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)]),
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=now - timedelta(days=1),
            not_valid_after=now + timedelta(days=1),
        )
        for extension in extensions:
            certificate = certificate.add_extension(extension, critical=False)
        return certificate.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    names = x509.SubjectAlternativeName([x509.DNSName("server.test")])
    (folder / "cert.pem").write_bytes(sign("server.test", own, names))
    pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(own.private_bytes(*pem))
    return sign("an authority", authority, x509.BasicConstraints(ca=True, path_length=None))
