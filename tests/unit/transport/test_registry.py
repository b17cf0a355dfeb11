"""The registry's client against a server that is not to be relied on; the real one is in tests/contract."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from beamwright.command import Secret
from beamwright.errors import ConfigError, UnreachableError
from beamwright.transport import Registry
from beamwright.transport.registry_login import Login

LOGIN = ("deploy", Secret("correct horse"))
DIGEST = f"sha256:{'0' * 64}"


class Server(ThreadingHTTPServer):
    """Answers with what `answers` has for the method and path, in turn: status, headers; the last stays."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, list[tuple[int, dict[str, str]]]] = {}
        self.bodies: dict[str, bytes] = {}
        self.seen: list[tuple[str, str, str]] = []

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def answer(self) -> None:
        assert isinstance(self.server, Server)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        key = f"{self.command} {self.path}"
        self.server.seen.append((key, self.headers.get("Authorization", ""), body))
        answers = self.server.answers[key]
        status, headers = answers.pop(0) if len(answers) > 1 else answers[0]
        if not status:
            self.close_connection = True
            return
        self.send_response(status)
        answer = self.server.bodies.get(key, b"")
        for name, value in ({"Content-Length": str(len(answer))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    do_HEAD = do_GET = do_POST = do_PUT = answer

    def log_message(self, format: str, *args: object) -> None:
        """Prints nothing."""


@contextmanager
def serving() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def blob(tmp_path: Path) -> Path:
    (tmp_path / "blob").write_text("layer")
    return tmp_path / "blob"


OPEN, UPLOAD = f"POST /v2/team/app/blobs/uploads/?mount={DIGEST}", f"PUT /up/1?state=x&digest={DIGEST}"
QUOTED = UPLOAD.replace("sha256:", "sha256%3A")


@pytest.mark.parametrize("loss", [0, 503], ids=["cut", "busy"])
def test_an_upload_that_is_lost_begins_again(server: Server, blob: Path, loss: int) -> None:
    server.answers = {OPEN: [(202, {"Location": "/up/1?state=x"})], QUOTED: [(loss, {}), (201, {})]}
    with Registry(server.host, "team/app", insecure=True, pauses=(0,)) as client:
        assert client.put_blob(DIGEST, blob) == len("layer")
    assert [(key, body) for key, _, body in server.seen] == [(OPEN, ""), (QUOTED, "layer")] * 2


def test_one_that_is_lost_again_and_again_is_told(server: Server, blob: Path) -> None:
    server.answers = {OPEN: [(202, {"Location": "/up/1?state=x"})], QUOTED: [(503, {})]}
    with (
        Registry(server.host, "team/app", insecure=True, pauses=(0, 0)) as client,
        pytest.raises(UnreachableError, match="busy"),
    ):
        client.put_blob(DIGEST, blob)
    assert len(server.seen) == 6


def test_a_blob_that_the_registry_finds_elsewhere_is_not_sent(server: Server, blob: Path) -> None:
    server.answers = {OPEN: [(201, {})]}
    with Registry(server.host, "team/app", insecure=True) as client:
        assert client.put_blob(DIGEST, blob) == 0


def test_the_login_goes_to_the_registry_alone(server: Server, blob: Path) -> None:
    with serving() as storage:
        server.answers = {OPEN: [(401, {"WWW-Authenticate": 'Basic realm="x"'}), (202, {})]}
        server.answers[OPEN][1][1]["Location"] = f"http://{storage.host}/up/1?state=x"
        storage.answers = {QUOTED: [(201, {})]}
        with Registry(server.host, "team/app", LOGIN, insecure=True) as client:
            client.put_blob(DIGEST, blob)
        assert [bool(login) for _, login, _ in server.seen] == [False, True]
        assert storage.seen == [(QUOTED, "", "layer")]


def test_the_password_does_not_leave_tls_for_a_token(server: Server) -> None:
    login = Login("https://registry.example", ("app",), LOGIN)
    challenge = f'Bearer realm="http://{server.host}/token",service="x"'
    assert not login.answer(challenge, lambda *_: pytest.fail("asked"))


def test_a_login_that_was_refused_is_not_sent_again(server: Server) -> None:
    path = f"HEAD /v2/team/app/blobs/{DIGEST}"
    server.answers = {path: [(401, {"WWW-Authenticate": 'Basic realm="x"'})]}
    with (
        Registry(server.host, "team/app", LOGIN, insecure=True) as client,
        pytest.raises(UnreachableError, match="refuses the login"),
    ):
        client.has_blob(DIGEST)
    assert len(server.seen) == 2


def test_a_ca_that_is_not_there_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"registry\.ca"):
        Registry("registry.example", "app", ca=tmp_path / "ca.pem")


MANIFEST = "/v2/team/app/manifests/1.0"


def test_a_registry_that_does_not_name_the_digest_is_asked_for_the_manifest(server: Server) -> None:
    server.answers = {f"HEAD {MANIFEST}": [(200, {})], f"GET {MANIFEST}": [(200, {})]}
    server.bodies = {f"GET {MANIFEST}": b"{}"}
    with Registry(server.host, "team/app", insecure=True) as client:
        assert client.manifest_digest("1.0") == f"sha256:{hashlib.sha256(b'{}').hexdigest()}"


def test_a_tag_that_is_not_there_has_no_digest(server: Server) -> None:
    server.answers = {f"HEAD {MANIFEST}": [(404, {})]}
    with Registry(server.host, "team/app", insecure=True) as client:
        assert client.manifest_digest("1.0") == ""


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b"not JSON", b'{"token": 7}', b'{"token": "a\\nb: c"}', b"{}"]
)
def test_a_token_service_that_sends_no_token_refuses_the_login(server: Server, body: bytes) -> None:
    asked = f"HEAD /v2/team/app/blobs/{DIGEST}"
    token = "GET /token?service=x&scope=repository%3Ateam%2Fapp%3Apull%2Cpush"
    challenge = f'Bearer realm="http://{server.host}/token",service="x"'
    server.answers = {asked: [(401, {"WWW-Authenticate": challenge})], token: [(200, {})]}
    server.bodies = {token: body}
    with (
        Registry(server.host, "team/app", LOGIN, insecure=True) as client,
        pytest.raises(UnreachableError, match="refuses the login"),
    ):
        client.has_blob(DIGEST)
    assert [key for key, _, _ in server.seen] == [asked, token]
