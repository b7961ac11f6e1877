"""Reads the folders into which the trial writes mail and SMS, for the page that shows them."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Literal

MAX_BYTES = 65_536


@dataclass(frozen=True)
class Letter:
    """One sent message; `sent_at` is Unix seconds, `sender` and `subject` are empty for SMS."""

    kind: Literal["mail", "sms"]
    sent_at: int
    sender: str
    to: str
    subject: str
    body: str


def _mail(sent_at: int, raw: bytes) -> Letter:
    message = message_from_bytes(raw, policy=policy.default)
    part = message.get_body(("plain",))
    body = part.get_payload(decode=True) if part else b""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else ""
    return Letter("mail", sent_at, str(message["From"] or ""), str(message["To"] or ""), str(message["Subject"] or ""), text.strip())


def _sms(sent_at: int, raw: bytes) -> Letter:
    head, _, body = raw.decode("utf-8", "replace").replace("\r\n", "\n").partition("\n\n")
    return Letter("sms", sent_at, "", head.removeprefix("To:").strip(), "", body.strip())


def newest(mail_dir: Path, sms_dir: Path, limit: int = 50) -> list[Letter]:
    """The newest messages of both folders, newest first; a folder that is not there yet counts as empty."""
    found = []
    for folder, pattern, read in ((mail_dir, "*.eml", _mail), (sms_dir, "*.txt", _sms)):
        for file in folder.glob(pattern):
            try:
                found.append((file.stat().st_mtime_ns, file, read))
            except FileNotFoundError:
                continue  # cleared away meanwhile
    letters = []
    for written_ns, file, read in sorted(found, key=lambda row: row[:2], reverse=True)[:limit]:
        try:
            with file.open("rb") as opened:
                letters.append(read(written_ns // 1_000_000_000, opened.read(MAX_BYTES)))
        except FileNotFoundError:
            continue
    return letters
