"""What only mail by SMTP can meet: refusals, TLS, silent servers, unusable URLs."""

import socket
import time
from pathlib import Path

import pytest

from idp.adapters.mail_smtp import SmtpMail
from idp.ports import Unavailable
from tests.ports.mail_suite import SENDER, smtp_url
from tests.ports.smtp_server import Inbox, self_made_certificate, smtp_server
from tests.services import takes_less


@pytest.mark.parametrize(
    ("command", "answer", "outcome"),
    [
        ("RCPT", "550 5.1.1 no such user", "rejected"),
        ("RCPT", "553 5.1.3 bad address", "rejected"),
        ("RCPT", "450 4.2.0 greylisted", None),
        ("RCPT", "421 4.7.0 too many", None),
        ("DATA", "554 5.7.1 refused", "rejected"),
        ("DATA", "452 4.3.1 full", None),
        ("MAIL", "550 5.7.1 sender not allowed", None),
        ("QUIT", "the connection breaks", "accepted"),
    ],
)
def test_what_the_server_says(command: str, answer: str, outcome: str | None) -> None:
    inbox = Inbox(answers={command: answer})
    with smtp_server(inbox) as port:
        plug = SmtpMail(f"smtp://127.0.0.1:{port}?tls=none", SENDER, time.time)
        if outcome is None:
            with pytest.raises(Unavailable, match=answer[:3]):
                plug.send("taro@example.jp", "a", "b\n", "k")
        else:
            sent = plug.send("taro@example.jp", "a", "b\n", "k")
            assert sent.outcome == outcome and (outcome == "accepted" or sent.reason.startswith(answer[:3]))
    assert len(inbox.mails) == (outcome == "accepted")


def test_one_rcpt_command_for_each_mail() -> None:
    inbox = Inbox()
    with smtp_server(inbox) as port:
        SmtpMail(f"smtp://127.0.0.1:{port}?tls=none", SENDER, time.time).send("taro@example.jp", "a", "b\n", "k")
    assert inbox.commands == ["MAIL", "RCPT", "DATA", "QUIT"]


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_tls_is_not_given_up(tmp_path: Path) -> None:
    certificate, inbox = self_made_certificate(tmp_path), Inbox()
    with smtp_server(inbox) as port:  # offers no STARTTLS: nothing is sent in clear
        with pytest.raises(Unavailable, match="STARTTLS"):
            SmtpMail(smtp_url("starttls", port, certificate), SENDER, time.time).ping()
    for kind in ("starttls", "smtps"):
        with smtp_server(inbox, certificate, implicit=kind == "smtps") as port:
            stranger = smtp_url(kind, port, certificate).replace("ca=", "x=").split("?")[0]
            with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
                SmtpMail(stranger, SENDER, time.time).ping()
            with pytest.raises(Unavailable, match="535"):
                SmtpMail(smtp_url(kind, port, certificate, password="wrong"), SENDER, time.time).ping()
    assert inbox.mails == [] and "MAIL" not in inbox.commands


def test_a_silent_server_does_not_hold_us() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        plug = SmtpMail(f"smtp://127.0.0.1:{silent.getsockname()[1]}?tls=none", SENDER, time.time, timeout=0.2)

        def refused() -> None:
            with pytest.raises(Unavailable):
                plug.send("taro@example.jp", "a", "b\n", "k")

        assert takes_less(2, refused)


@pytest.mark.parametrize(
    "url",
    [
        "smtp://",
        "smtp://mail.example.jp?tls=maybe",
        "smtp://mail.example.jp?ca=/no/such/file",
        "smtp://mail.example.jp/path",
        "smtp://mail.example.jp?typo=1",
        "smtp://mail.example.jp?tls",
        "smtp://mail.example.jp:99999",
        "smtps://mail.example.jp?tls=none",
        "smtp://利用者:secret@mail.example.jp",
        "smtp://user:secret@mail.example.jp?tls=none",
        "http://mail.example.jp",
    ],
)
def test_urls_that_cannot_be_used(url: str) -> None:
    with pytest.raises(ValueError) as refused:
        SmtpMail(url, SENDER, time.time)
    assert "secret" not in str(refused.value)
