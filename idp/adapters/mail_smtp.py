"""Mail through an SMTP server."""

import contextlib
import re
import smtplib
import ssl
import time
from typing import Callable, Iterator
from urllib.parse import parse_qs, unquote, urlsplit

from idp.adapters import mail_message
from idp.config import LOOPBACK_NAMES
from idp.ports import Sent, Unavailable

TIMEOUT = 10.0  # seconds, for each step of the dialogue


class SmtpMail:
    """`Mail` to smtp://[user:password@]host[:port] or smtps://…, the port being 587 or 465 if none is given.

    Options in the query: `tls=starttls` (smtp://, the default; never falls back to plain) or `tls=none` (a relay on
    this machine or network), and `ca=FILE` for a relay whose certificate the operator signed. Certificates are
    always checked. Raises ValueError for a URL that cannot be used.
    """

    def __init__(self, url: str, sender: str, clock: Callable[[], float] = time.time, timeout: float = TIMEOUT):
        parts = urlsplit(url)
        options = {name: values[-1] for name, values in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()}
        self._implicit = parts.scheme == "smtps"
        self._tls = options.pop("tls", "starttls")
        ca = options.pop("ca", None)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/") or options:
            raise ValueError("write smtp://user:password@host:587?tls=starttls or smtps://user:password@host:465")
        if self._tls not in ("starttls", "none") or (self._implicit and self._tls == "none"):
            raise ValueError("tls is starttls or none; smtps:// needs neither")
        self._host, self._port = parts.hostname, parts.port or (465 if self._implicit else 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        if not (self._user + self._password).isascii():
            raise ValueError("user and password are of ASCII letters, digits and symbols")  # RFC 4954: no other form is safe
        plain = self._tls == "none" and not self._implicit
        if self._password and plain and self._host not in LOOPBACK_NAMES:
            raise ValueError("with tls=none the password would cross the network in clear; use tls=starttls")
        try:
            self._context = None if plain else ssl.create_default_context(cafile=ca)
        except (OSError, ssl.SSLError) as error:
            raise ValueError(f"the file of ca= cannot be used: {error}") from None
        self._sender, self._clock, self._timeout = sender, clock, timeout

    def send(self, to: str, subject: str, body: str, idempotency_key: str) -> Sent:
        """See `idp.ports.Mail`. Accepted once the server has taken the whole mail (RFC 5321 section 6.1).

        "rejected" is the server's final word (5xx) about this recipient or text. A 5xx to our greeting, password or
        sender is about us: every letter would meet it, so they wait until an operator has mended the settings.
        """
        try:
            message = mail_message.build(self._sender, to, subject, body, idempotency_key, self._clock())
        except ValueError as error:
            return Sent("rejected", reason=str(error))
        with self._connected() as server:
            try:
                server.sendmail(self._sender, [to], message.as_bytes())
            except smtplib.SMTPRecipientsRefused as error:
                return self._refused(*error.recipients[to])
            except smtplib.SMTPDataError as error:
                return self._refused(error.smtp_code, error.smtp_error)
        return Sent("accepted", message["Message-ID"])

    def ping(self) -> None:
        """See `idp.ports.Mail`."""
        with self._connected() as server:
            server.noop()

    @contextlib.contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        # our mail domain as EHLO name: looking up this machine's own name may take seconds
        options = {"timeout": self._timeout, "local_hostname": self._sender.rpartition("@")[2]}
        try:
            if self._implicit:
                server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, context=self._context, **options)
            else:
                server = smtplib.SMTP(self._host, self._port, **options)
            try:
                server.ehlo_or_helo_if_needed()
                if self._context and not self._implicit:
                    server.starttls(context=self._context)
                    server.ehlo()
                if self._user:
                    server.login(self._user, self._password)
                yield server
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    server.quit()  # the mail is on its way, whatever comes of this
            finally:
                server.close()
        except smtplib.SMTPResponseException as error:
            raise Unavailable(f"mail server: {_said(error.smtp_code, error.smtp_error)}") from error
        except smtplib.SMTPException as error:
            raise Unavailable(f"mail server: {error}") from error
        except (OSError, UnicodeError) as error:
            raise Unavailable(f"mail server: {type(error).__name__}: {error}") from error

    @staticmethod
    def _refused(code: int, text: bytes | str) -> Sent:
        if 500 <= code < 600:
            return Sent("rejected", reason=_said(code, text))
        raise Unavailable(f"mail server: {_said(code, text)}")


def _said(code: int, text: bytes | str) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return re.sub(r"[\x00-\x20\x7f-\x9f]+", " ", f"{code} {said}")[:160]
