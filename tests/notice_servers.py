"""Real servers on loopback that accept notices: HTTP, and SMTP with STARTTLS and passwords."""

import asyncio
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from loop_threads import loop_thread


@dataclass(frozen=True)
class Posted:
    """One request."""

    path: str
    headers: dict[str, str]
    body: Any  # Any: JSON


@dataclass
class WebServer:
    """Answers each POST with the next of `answers`, and repeats the last one: (status, headers)."""

    url: str
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=lambda: [(200, {})])
    posted: list[Posted] = field(default_factory=list)


@contextmanager
def web_server() -> Iterator[WebServer]:
    """An HTTP server that is reached without a proxy."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found.posted.append(Posted(self.path, dict(self.headers), body))
            status, headers = found.answers.pop(0) if len(found.answers) > 1 else found.answers[0]
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        do_GET = do_POST  # noqa: N815  # http.server's name

        def log_message(self, *args: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = WebServer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("no_proxy", "127.0.0.1")
            yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class MailServer:
    """A mail that was received."""

    port: int = 0
    reply: str = "250 OK"
    mails: list[tuple[list[str], Message]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_DATA(self, server: object, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        """Accept a mail."""
        assert isinstance(envelope.content, bytes)
        self.mails.append((list(envelope.rcpt_tos), message_from_bytes(envelope.content, policy=default)))
        self.encrypted.append(session.ssl is not None)
        return self.reply


@contextmanager
def mail_server(context: ssl.SSLContext | None = None, *, password: bytes = b"") -> Iterator[MailServer]:
    """An SMTP server; with a context it offers STARTTLS, with a password it requires it."""
    found = MailServer()

    def authenticate(server: object, session: object, envelope: object, mechanism: str, data: Any) -> AuthResult:
        found.logins.append((data.login, data.password))
        return AuthResult(success=data.password == password, handled=False)

    with loop_thread() as loop:

        def protocol() -> SMTP:
            return SMTP(
                found,
                hostname="localhost",
                loop=loop,
                tls_context=context,
                authenticator=authenticate if password else None,
                auth_required=bool(password),
            )

        server = asyncio.run_coroutine_threadsafe(loop.create_server(protocol, "127.0.0.1", 0), loop).result(30)
        found.port = server.sockets[0].getsockname()[1]
        try:
            yield found
        finally:
            loop.call_soon_threadsafe(server.close)
