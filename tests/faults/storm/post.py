"""Mail and SMS of an installation that sends them over the wire, to a mail server and a gateway that may be away."""

import re
import threading
import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast
from urllib.parse import parse_qs

from tests.faults.storm.visitor import NoLetter
from tests.ports.http_gateway import Gateway
from tests.ports.smtp_server import Inbox

SECONDS, LATE = 30.0, 5.0  # to wait for a letter, and for another one


class Post:
    """`inbox`, `gateway`: what was received; read once and kept by recipient."""

    def __init__(self, inbox: Inbox, gateway: Gateway):
        self.inbox, self.gateway = inbox, gateway
        self.hurry = threading.Event()  # nobody waits for letters while it is set
        self._lock, self._read = threading.Lock(), [0, 0]
        self._texts: dict[str, list[str]] = {}

    def _sort(self) -> None:
        for to, raw in self.inbox.mails[self._read[0] :]:
            mail = cast(EmailMessage, message_from_bytes(raw, policy=default))
            self._texts.setdefault(to[0], []).append(f"{mail['Subject']}\n{mail.get_content()}")
            self._read[0] += 1
        for one in self.gateway.posted[self._read[1] :]:
            fields = parse_qs(one.body.decode())
            self._texts.setdefault(fields["to"][0], []).append(fields["text"][0])
            self._read[1] += 1

    def texts(self, to: str) -> list[str]:
        """Every mail or SMS to this address or number, the oldest first."""
        with self._lock:
            self._sort()
            return list(self._texts.get(to, ()))

    def wait(self, to: str, pattern: str, seen: int, seconds: float = SECONDS) -> str:
        """What the pattern finds in a letter behind the first `seen`; raises `NoLetter`."""
        end = time.monotonic() + seconds
        while True:
            for text in reversed(self.texts(to)[seen:]):
                if found := re.findall(pattern, text):
                    return str(found[-1])
            if time.monotonic() > end or self.hurry.is_set():
                raise NoLetter(to)
            self.hurry.wait(0.02)


RESET = r"https?://\S+/reset/\S+"
REGISTER = r"https?://\S+/register/open/\S+"
