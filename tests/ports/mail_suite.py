"""What every mail plug must do, and the benches on which the plugs are tried."""

import contextlib
import re
import time
from base64 import b64decode
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Callable, Iterator
from urllib.parse import quote

from idp.adapters.mail_folder import FolderMail
from idp.adapters.mail_smtp import SmtpMail
from idp.ports import Mail, Unavailable
from tests.ports.smtp_server import PASSWORD, USER, Inbox, self_made_certificate, smtp_server
from tests.services import race

SENDER = "no-reply@id.example.jp"
SUBJECT = "【My ひかりページ】パスワードが変更されました"
BODY = "山田 太郎 様\n\n.\n..点で始まる行\nFrom 行\n" + "とても長い行" * 200 + "\n絵文字 😀 髙﨑 ①\n\n――――\n終わり\n"
ODD = ("a..b@docomo.ne.jp", ".x@ezweb.ne.jp", "ab.@docomo.ne.jp", '"ab."@docomo.ne.jp', "-a+b/c?d@docomo.ne.jp")
# each of them would reach somebody else, or more than one, or add a header
BAD_RECIPIENTS = (
    "a@example.jp, b@example.jp",
    "a@example.jp;b@example.jp",
    "a@example.jp\r\nBcc: b@example.jp",
    "a@example.jp\nRCPT TO:<b@example.jp>",
    "a@example.jp>\r\nRCPT TO:<b@example.jp",
    "<a@example.jp>",
    "A <a@example.jp>",
    "a@example.jp (b@example.jp)",
    "@relay.example.jp:a@example.jp",
    "group: a@example.jp;",
    "a b@example.jp",
    "a@b@example.jp",
    "山田@example.jp",
    "a@例え.jp",
    "a@",
    "@example.jp",
    "a",
    "",
    "a" * 65 + "@example.jp",
    "a@" + "x" * 300,
    "a@example.jp\x00",
)
ENCODED = re.compile(r"=\?utf-8\?b\?([^?]+)\?=")
BAD_SUBJECTS = ("a\r\nBcc: b@example.jp", "a\nX-Evil: 1", "a\r\n\r\nbody", "a\rb", "a\x00b", "a\x0bb")


@dataclass
class Bench:
    """A plug, what has arrived through it as (recipients, mail), and a switch that takes its far side away."""

    plug: Mail
    arrived: Callable[[], list[tuple[list[str], EmailMessage]]]
    take_away: Callable[[], None]

    def only(self) -> tuple[list[str], EmailMessage]:
        """The one mail that has arrived."""
        found = self.arrived()
        assert len(found) == 1, f"{len(found)} mails instead of one"
        return found[0]


def parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


@contextlib.contextmanager
def folder_bench(folder: Path, plug: type[FolderMail] = FolderMail) -> Iterator[Bench]:
    place = folder / "mail"

    def arrived() -> list[tuple[list[str], EmailMessage]]:
        assert all(file.name.endswith(".eml") for file in place.glob("*")) and not list(place.glob(".*"))
        mails = [parsed(file.read_bytes()) for file in sorted(place.glob("*.eml"))]
        return [(dict(mail.raw_items())["To"].split(","), mail) for mail in mails]

    def take_away() -> None:
        for file in place.glob("*"):
            file.unlink()
        with contextlib.suppress(FileNotFoundError):
            place.rmdir()
        place.write_text("a file stands where the folder was")

    yield Bench(plug(str(place), SENDER, time.time), arrived, take_away)


@contextlib.contextmanager
def smtp_bench(folder: Path, kind: str) -> Iterator[Bench]:
    inbox, certificate = Inbox(), None if kind == "plain" else self_made_certificate(folder)
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(smtp_server(inbox, certificate, implicit=kind == "smtps"))
        plug = SmtpMail(smtp_url(kind, port, certificate), SENDER, time.time, timeout=5)
        yield Bench(plug, lambda: [(to, parsed(raw)) for to, raw in inbox.mails], stack.close)


def smtp_url(kind: str, port: int, certificate: Path | None, password: str = PASSWORD) -> str:
    login = f"{quote(USER, safe='')}:{quote(password, safe='')}@"
    urls = {
        "plain": f"smtp://127.0.0.1:{port}?tls=none",
        "starttls": f"smtp://{login}127.0.0.1:{port}?tls=starttls&ca={certificate}",
        "smtps": f"smtps://{login}127.0.0.1:{port}?ca={certificate}",
    }
    return urls[kind]


def arrives_whole(bench: Bench) -> None:
    sent = bench.plug.send("taro@example.jp", SUBJECT, BODY, "key1")
    assert sent.outcome == "accepted" and sent.provider_id
    recipients, mail = bench.only()
    assert recipients == ["taro@example.jp"]
    assert mail.get_content().replace("\r\n", "\n") == BODY
    assert str(mail["Subject"]) == SUBJECT
    assert (mail["From"], mail["To"], mail["Auto-Submitted"]) == (SENDER, "taro@example.jp", "auto-generated")
    assert mail.get_content_type() == "text/plain" and mail.get_content_charset() == "utf-8"
    assert abs(mail["Date"].datetime.timestamp() - time.time()) < 60
    assert re.fullmatch(r"<key1@id\.example\.jp>", mail["Message-ID"])
    names = [name.lower() for name in mail.keys()]
    assert len(set(names)) == len(names) and not {"cc", "bcc", "reply-to"} & set(names) and not mail.defects


def odd_addresses_stay(bench: Bench) -> None:
    for number, address in enumerate(ODD):
        assert bench.plug.send(address, "a", "b\n", f"k{number}").outcome == "accepted", address
    assert [(to, dict(mail.raw_items())["To"]) for to, mail in bench.arrived()] == [([a], a) for a in ODD]


def never_a_second_recipient(bench: Bench) -> None:
    for bad in BAD_RECIPIENTS:
        assert bench.plug.send(bad, "a", "b\n", "k").outcome == "rejected", bad
    for bad in BAD_SUBJECTS:
        assert bench.plug.send("taro@example.jp", bad, "b\n", "k").outcome == "rejected", bad
    assert bench.arrived() == []
    # in the text it is only text
    bench.plug.send("taro@example.jp", "a", "\r\n.\r\nMAIL FROM:<x@example.jp>\r\nBcc: b@example.jp\r\n", "k")
    recipients, mail = bench.only()
    assert recipients == ["taro@example.jp"] and "Bcc" not in mail and "MAIL FROM" in mail.get_content()


def subjects_come_back(bench: Bench) -> None:
    said = [f"{'あ' * pad}【Hikari マイ ページ】認証コード 123456" for pad in range(0, 40, 3)]
    said += [f"[{'My ' * pad}Page] Your code is 123456" for pad in range(1, 30, 3)]
    for number, subject in enumerate(said):
        bench.plug.send("taro@example.jp", subject, "b\n", f"k{number:03}")
    arrived = [mail for _, mail in bench.arrived()]
    assert [str(mail["Subject"]).lstrip() for mail in arrived] == said
    for mail in arrived[:14]:
        lines = ("Subject: " + dict(mail.raw_items())["Subject"]).splitlines()
        words = [b64decode(word).decode() for line in lines for word in ENCODED.findall(line)]
        assert "".join(words) == str(mail["Subject"]) and all(len(line) <= 76 for line in lines), "RFC 2047 section 2"
        assert sum("123456" in word for word in words) == 1, "the code is in one piece"


def repetition_is_recognised(bench: Bench) -> None:
    for key in ("same", "same", "other"):
        bench.plug.send("taro@example.jp", "a", "b\n", key)
    first, second, third = [mail["Message-ID"] for _, mail in bench.arrived()]
    assert first == second != third


def many_at_once(bench: Bench) -> None:
    bodies = [f"手紙 {number}\n" for number in range(16)]
    left = list(bodies)
    race(16, lambda: bench.plug.send("taro@example.jp", "a", body := left.pop(), body))
    assert sorted(mail.get_content().replace("\r\n", "\n") for _, mail in bench.arrived()) == sorted(bodies)


def says_when_it_is_away(bench: Bench) -> None:
    bench.plug.ping()
    assert bench.arrived() == []
    bench.take_away()
    for call in (bench.plug.ping, lambda: bench.plug.send("taro@example.jp", "a", "b\n", "k")):
        try:
            call()
        except Unavailable:
            continue
        raise AssertionError("an absent far side passes for a present one")


SUITE = (
    arrives_whole,
    odd_addresses_stay,
    never_a_second_recipient,
    subjects_come_back,
    repetition_is_recognised,
    many_at_once,
    says_when_it_is_away,
)
