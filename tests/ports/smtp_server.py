"""A real SMTP server (aiosmtpd) in a thread, with a certificate of its own, that can be told to refuse."""

import asyncio
import contextlib
import queue
import datetime
import ipaddress
import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

USER, PASSWORD = "idp@example.jp", "s3cret/pass@word:%41"


def self_made_certificate(folder: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None) -> Path:
    """A PEM file with a key (an EC key, if none is given) and a certificate for 127.0.0.1, signed by itself."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "certificate.pem"
    file.write_bytes(private + certificate.public_bytes(pem))
    return file


@dataclass
class Inbox:
    """What arrived, as (envelope recipients, raw mail), and what the server is told to say instead of 250."""

    mails: list[tuple[list[str], bytes]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    raw_recipients: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)

    def _answer(self, command: str, usual: str = "250 OK") -> str:
        self.commands.append(command)
        return self.answers.get(command, usual)

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list) -> str:
        if not (answer := self._answer("MAIL")).startswith("250"):
            return answer
        envelope.mail_from = address
        return answer

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list) -> str:
        # the parsed address has lost its quotes, if it had any
        if not (answer := self._answer("RCPT")).startswith("250"):
            return answer
        envelope.rcpt_tos.append(self.raw_recipients.pop())
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if (answer := self._answer("DATA")).startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.mails.append((list(envelope.rcpt_tos), envelope.content))
        return answer

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if "QUIT" in self.answers:
            server.transport.abort()
        return self._answer("QUIT", "221 Bye")

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Whether user and password are right."""
        self.commands.append("AUTH")
        right = isinstance(data, LoginPassword) and data == LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)


class _Server(SMTP):
    async def smtp_RCPT(self, arg: str) -> None:
        self.event_handler.raw_recipients.append(arg.removeprefix("TO:<").removesuffix(">"))
        await super().smtp_RCPT(arg)


@contextlib.contextmanager
def smtp_server(inbox: Inbox, certificate: Path | None = None, implicit: bool = False) -> Iterator[int]:
    """Yields the port. With a certificate it demands TLS (STARTTLS, or from the first byte if `implicit`) and AUTH."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    options: dict[str, Any] = {"hostname": "mail.test", "authenticator": inbox.authenticate, "auth_require_tls": not implicit}
    if context:
        options |= {"auth_required": True} | ({} if implicit else {"tls_context": context, "require_starttls": True})
    loop, ports = asyncio.new_event_loop(), queue.SimpleQueue[int]()
    server = loop.create_server(lambda: _Server(inbox, loop=loop, **options), "127.0.0.1", 0, ssl=context if implicit else None)

    def run() -> None:  # all of it: the thread of the tests may have a loop of its own, a browser's
        listening = loop.run_until_complete(server)
        ports.put(listening.sockets[0].getsockname()[1])
        loop.run_forever()
        listening.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield ports.get(timeout=10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
