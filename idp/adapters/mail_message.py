"""Builds the mail itself, the same for every plug: plain text, UTF-8, one recipient."""

import re
from base64 import b64encode
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from idp.domain.letter import JST

# The local part as browsers accept it, so that a..b@docomo.ne.jp and .x@ezweb.ne.jp of the years before 2009 reach
# their owners; it holds no character that could end the address or begin another (japan.md, Mail).
_ATOM = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
_ADDRESS = re.compile(rf'(?:{_ATOM}|"{_ATOM}")@[A-Za-z0-9](?:[A-Za-z0-9.-]{{0,251}}[A-Za-z0-9])?')

# what is never divided between two encoded words, and how many bytes each holds: with "Subject: " a line has 76 letters at most
_PIECES = re.compile(r"[0-9]{1,20}|.", re.DOTALL)
_WORD_BYTES = 39


def message_id(sender: str, idempotency_key: str) -> str:
    """The Message-ID: the same for every attempt, so that a mail sent twice can be shown once."""
    return f"<{re.sub('[^A-Za-z0-9._-]', '_', idempotency_key)}@{sender.rpartition('@')[2]}>"


def build(sender: str, to: str, subject: str, body: str, idempotency_key: str, at: float) -> EmailMessage:
    """The mail, dated `at` (Unix seconds). Raises ValueError unless `to` is one ASCII address and the subject one line."""
    if not _ADDRESS.fullmatch(to):
        raise ValueError("not one e-mail address")
    if any(ord(c) < 32 or ord(c) == 127 for c in subject):
        raise ValueError("control character in the subject")
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = to
    if subject.isascii():
        message["Subject"] = subject
    else:
        # Python 3.11 loses a space where it folds a Japanese subject, and divides a code wherever a line is full
        message.set_raw("Subject", _encoded(subject))
    message["Date"] = format_datetime(datetime.fromtimestamp(int(at), JST))
    message["Message-ID"] = message_id(sender, idempotency_key)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 section 5: no out-of-office answers, please
    message.set_content(body, charset="utf-8", cte="base64")
    return message


def _encoded(subject: str) -> str:
    """The subject as encoded words on a line each (RFC 2047 section 2), where spaces are letters like any other: readers join
    words without what is between them (section 6.2). A number is in one word, so that it is found by whoever reads the raw mail."""
    words = [b""]
    for piece in _PIECES.findall(subject):
        one = piece.encode()
        if len(words[-1]) + len(one) > _WORD_BYTES:
            words.append(b"")
        words[-1] += one
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode()}?=" for word in words)
