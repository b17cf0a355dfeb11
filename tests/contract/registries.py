"""Debian's docker-registry on loopback with TLS and a login, and the token service that one may have."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import bcrypt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

PROGRAM = "docker-registry"
USER, PASSWORD = "deploy", "correct horse battery staple"


@dataclass(frozen=True)
class Certificate:
    """A certificate for an address of this machine that signs itself, and its key, as files in a folder."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    cert_file: Path
    key_file: Path


def certify(folder: Path, address: str = "127.0.0.1") -> Certificate:
    """Makes one that is valid for an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "beamwright test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    made = Certificate(key, certificate, folder / "cert.pem", folder / "key.pem")
    made.cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return made


@dataclass(frozen=True)
class Running:
    """A registry that answers at `host`; `log` is what it has printed."""

    host: str
    ca: Path
    log: Path


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def registry(
    folder: Path, certificate: Certificate, tokens: str = "", address: str = "127.0.0.1"
) -> Iterator[Running]:
    """A registry that keeps its files in the folder: USER logs in with PASSWORD, or at a token service."""
    if shutil.which(PROGRAM) is None:
        pytest.skip(f"{PROGRAM} is not installed here: `script/setup` installs it")
    host = f"{address}:{free_port()}"
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    (folder / "htpasswd").write_text(f"{USER}:{hashed}\n")
    config = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(folder / "blobs")}},
        "http": {
            "addr": host,
            "tls": {"certificate": str(certificate.cert_file), "key": str(certificate.key_file)},
        },
        "auth": {"htpasswd": {"realm": "test", "path": str(folder / "htpasswd")}},
    }
    if tokens:
        trusted = {"issuer": "test", "rootcertbundle": str(certificate.cert_file)}
        config["auth"] = {"token": {"realm": tokens, "service": "test", **trusted}}
    (folder / "config.yml").write_text(json.dumps(config))  # JSON is YAML
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen((PROGRAM, "serve", folder / "config.yml"), stdout=output, stderr=output)
    try:
        _wait(host, process, log)
        yield Running(host, certificate.cert_file, log)
    finally:
        process.terminate()
        process.wait()


def _wait(host: str, process: subprocess.Popen[bytes], log: Path) -> None:
    name, _, port = host.partition(":")
    for _ in range(100):
        with socket.socket() as client:
            if client.connect_ex((name, int(port))) == 0:
                return
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@contextmanager
def token_service(signer: Certificate) -> Iterator[str]:
    """Gives tokens to USER with PASSWORD for whatever is asked; the address of it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            if self.headers["Authorization"] != f"Basic {wanted}":
                self.send_error(401)
                return
            asked = parse_qs(urlsplit(self.path).query)
            body = json.dumps({"token": _token(signer, asked["scope"][0])}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Prints nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(signer.cert_file, signer.key_file)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}/token"
        server.shutdown()


def _token(signer: Certificate, scope: str) -> str:
    """A JSON web token, as distribution.github.io/distribution/spec/auth/jwt has it."""
    kind, name, actions = scope.split(":")
    der = signer.certificate.public_bytes(serialization.Encoding.DER)
    head = {"typ": "JWT", "alg": "ES256", "x5c": [base64.b64encode(der).decode()]}
    now = int(time.time())
    claims = {
        "iss": "test",
        "sub": USER,
        "aud": "test",
        "exp": now + 60,
        "nbf": now - 60,
        "iat": now,
        "jti": "1",
        "access": [{"type": kind, "name": name, "actions": actions.split(",")}],
    }
    signed = ".".join(_base64(json.dumps(part).encode()) for part in (head, claims))
    numbers = decode_dss_signature(signer.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{_base64(b''.join(number.to_bytes(32, 'big') for number in numbers))}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
