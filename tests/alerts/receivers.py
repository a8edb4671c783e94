"""What alerts are sent to in the tests: a real HTTP server and a real mail server, both on loopback."""

from __future__ import annotations

import datetime as dt
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.servers import free_port


@dataclass
class Taken:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    url: str
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    """One a request; the last one stays."""
    taken: list[Taken] = field(default_factory=list)
    before: Callable[[], None] = lambda: None


@contextmanager
def http_receiver(*answers: tuple[int, dict[str, str], bytes]) -> Iterator[Receiver]:
    receiver = Receiver("", list(answers) or [(200, {}, b"")])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            receiver.taken.append(Taken(self.path, dict(self.headers), body))
            receiver.before()
            status, headers, content = receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                pass  # the product gave up waiting

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@dataclass
class Mailbox:
    port: int = 0
    mails: list[Any] = field(default_factory=list)
    refusal: str = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refusal:
            return self.refusal
        self.mails.append((envelope, session.ssl is not None, session.authenticated))
        return "250 taken"


@contextmanager
def mail_receiver(*, login: tuple[str, str] | None = None, folder: Path | None = None) -> Iterator[Mailbox]:
    """With a login it asks for STARTTLS and then for the account; its certificate lies in the folder as ca.pem."""
    box = Mailbox()
    options: dict[str, Any] = {}
    if login is not None and folder is not None:
        options = {
            "tls_context": _tls(folder), "require_starttls": True, "auth_required": True,
            "authenticator": lambda _s, _session, _envelope, _way, given: AuthResult(
                success=isinstance(given, LoginPassword)
                and (given.login.decode(), given.password.decode()) == login
            ),
        }  # fmt: skip
    controller = Controller(box, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()


def _tls(folder: Path) -> ssl.SSLContext:
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1)).add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return context
